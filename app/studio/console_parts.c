#include "studio/console_parts.h"

#include "studio/draw.h"

#include <string.h>

#define BUTTON_RADIUS 14.0
#define BUTTON_INSET  16.0
#define COLUMN_INSET  6.0
#define FOCUS_WIDTH   4.0
#define SMALL_COLUMN  140.0 /* height below which symbol and label move together */
#define KEYCAP_HEIGHT 24.0
#define METER_HEIGHT  16.0

const char *console_text(const Console *console, const char *key)
{
    return text_get(console->text, "console", key);
}

const char *console_word(const Console *console, const char *prefix, const char *id)
{
    char key[64];
    g_snprintf(key, sizeof key, "%s_%s", prefix, id);
    return text_has(console->text, "console", key) ? console_text(console, key) : id;
}

char *console_duration(const Console *console, gint64 ms)
{
    gint64 s = MAX(0, ms) / 1000, minutes = s / 60;
    char a[24], b[24];
    if (minutes >= 60) {
        g_snprintf(a, sizeof a, "%d", (int)MIN(minutes / 60, 99999));
        g_snprintf(b, sizeof b, "%d", (int)(minutes % 60));
        return text_format(console->text, "console", "time_h", "h", a, "m", b, NULL);
    }
    g_snprintf(a, sizeof a, "%d", (int)(s < 60 ? s : minutes));
    return text_format(console->text, "console", s < 60 ? "time_s" : "time_min", "n", a, NULL);
}

char *console_clock(gint64 ms)
{
    int s = (int)(MAX(0, ms) / 1000);
    return s < 3600 ? g_strdup_printf("%d:%02d", s / 60, s % 60) : g_strdup_printf("%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
}

Rect console_card(const Console *console, const char *name, Rect rect)
{
    const Theme *theme = console->theme;
    scene_panel(console->scene, name, rect, theme->background);
    scene_box(console->scene, rect, CARD_RADIUS, theme->surface);
    return rect_inset(rect, CARD_PADDING, CARD_PADDING);
}

void console_badge(const Console *console, Icon icon, Rect rect, guint32 fill, guint32 on)
{
    scene_box(console->scene, rect, rect.w / 2, fill);
    scene_icon(console->scene, icon, rect_centre(rect, rect.w * 0.54, rect.w * 0.54), on, fill);
}

double console_keycap(const Console *console, Rect rect, const char *keycap, guint32 colour, guint32 on)
{
    double width = MAX(KEYCAP_HEIGHT + 4, draw_text_width(console->scene->fonts, STYLE_KEYCAP, keycap) + 14);
    Rect cap = {rect.x + rect.w - width, rect.y + (rect.h - KEYCAP_HEIGHT) / 2, width, KEYCAP_HEIGHT};
    scene_frame(console->scene, cap, 6, SCENE_NO_COLOUR, theme_mix(on, colour, 0.45), 1.5);
    scene_text(console->scene, cap, STYLE_KEYCAP, ALIGN_CENTRE, colour, on, keycap);
    return width;
}

Button console_plain_button(const Console *console, const char *id, const char *label)
{
    const Theme *theme = console->theme;
    return (Button){
        .id = id, .label = label, .fill = theme->raised, .on = theme->text, .line = theme->outline, .style = STYLE_BUTTON, .argument = ""};
}

static void button_face(const Console *console, Rect rect, const Button *button, guint32 fill)
{
    Scene *scene = console->scene;
    gboolean focused = strcmp(scene->focus, button->id) == 0;
    if (focused) {
        scene_frame(scene, rect_inset(rect, -FOCUS_WIDTH - 1, -FOCUS_WIDTH - 1), BUTTON_RADIUS + FOCUS_WIDTH + 1, SCENE_NO_COLOUR,
                    console->theme->focus, FOCUS_WIDTH - 1);
    }
    if (button->selected)
        scene_frame(scene, rect, BUTTON_RADIUS, fill, console->theme->accent, 3);
    else if (button->disabled || button->line != SCENE_NO_COLOUR)
        scene_frame(scene, rect, BUTTON_RADIUS, fill, button->disabled ? console->theme->outline : button->line, 1.5);
    else
        scene_box(scene, rect, BUTTON_RADIUS, fill);
}

/* Label and note under one another in rect, whose left edge is where the words begin. */
static void button_words(const Console *console, Rect rect, const Button *button, TextAlign align, guint32 on, guint32 fill)
{
    Scene *scene = console->scene;
    double line = draw_line_height(scene->fonts, button->style);
    gboolean wraps = !button->note && draw_text_width(scene->fonts, button->style, button->label) > rect.w && rect.h >= 2 * line;
    if (!button->note) {
        scene_words(scene, &(SceneItem){.rect = rect,
                                        .style = button->style,
                                        .align = align,
                                        .colour = on,
                                        .on = fill,
                                        .text = (char *)button->label,
                                        .lines = wraps ? 2 : 1});
        return;
    }
    double note = draw_line_height(scene->fonts, STYLE_SMALL);
    Rect block = rect_centre(rect, rect.w, line + note + 2);
    scene_text(scene, rect_cut_top(&block, line, 2), button->style, align, on, fill, button->label);
    scene_text(scene, block, STYLE_SMALL, align, on, fill, button->note);
}

static void button_row(const Console *console, Rect rect, const Button *button, guint32 on, guint32 fill)
{
    Scene *scene = console->scene;
    double icon = button->icon ? (button->style == STYLE_BUTTON_BIG ? 36 : 24) : 0, gap = icon > 0 && *button->label ? 12 : 0;
    double words = draw_text_width(scene->fonts, button->style, button->label);
    if (button->note) words = MAX(words, draw_text_width(scene->fonts, STYLE_SMALL, button->note));
    words = *button->label ? MIN(words + 1, rect.w - icon - gap) : 0;
    Rect group = rect_centre(rect, icon + gap + words, rect.h);
    if (icon > 0) scene_icon(scene, button->icon, rect_centre(rect_cut_left(&group, icon, gap), icon, icon), on, fill);
    button_words(console, group, button, ALIGN_LEFT, on, fill);
}

static void button_column(const Console *console, Rect rect, const Button *button, guint32 on, guint32 fill)
{
    Scene *scene = console->scene;
    double words = draw_text_width(scene->fonts, button->style, button->label) > rect.w ? 2 : 1;
    words *= draw_line_height(scene->fonts, button->style);
    double gap = rect.h < SMALL_COLUMN ? 4 : 14, icon = rect.h < SMALL_COLUMN ? MIN(28, rect.h - gap - words) : 48;
    Rect block = rect_centre(rect, rect.w, MIN(rect.h, icon + gap + words));
    scene_icon(scene, button->icon, rect_centre(rect_cut_top(&block, icon, gap), icon, icon), on, fill);
    button_words(console, block, button, ALIGN_CENTRE, on, fill);
}

void console_button(const Console *console, Rect rect, const Button *button)
{
    const Theme *theme = console->theme;
    gboolean pressed = strcmp(console->scene->pressed, button->id) == 0;
    guint32 fill = button->disabled ? theme->surface : pressed ? theme_mix(button->fill, button->on, 0.22) : button->fill;
    guint32 on = button->disabled ? theme->text_soft : button->on;
    button_face(console, rect, button, fill);
    Rect inner = rect_inset(rect, button->icon_above ? COLUMN_INSET : BUTTON_INSET, 6);
    if (button->keycap && button->icon_above) {
        const double edge = rect.h < SMALL_COLUMN ? 8 : 12;
        Rect corner = {inner.x, rect.y + edge, inner.w + COLUMN_INSET - edge - 2, KEYCAP_HEIGHT};
        console_keycap(console, corner, button->keycap, on, fill);
    } else if (button->keycap) {
        rect_cut_right(&inner, console_keycap(console, inner, button->keycap, on, fill), 12);
    }
    if (button->icon_above)
        button_column(console, inner, button, on, fill);
    else
        button_row(console, inner, button, on, fill);
    SceneTarget *target = scene_target(console->scene, button->id, rect);
    target->wish = button->wish;
    target->argument = button->argument;
    target->key = button->key;
    target->disabled = button->disabled;
    target->keeps_focus = button->keeps_focus;
}

double console_level(const Console *console, Rect rect, TextStyle style, const ViewService *service, guint32 on)
{
    static const Icon icons[] = {
        [LEVEL_UNKNOWN] = ICON_GAUGE, [LEVEL_GOOD] = ICON_GAUGE, [LEVEL_FAIR] = ICON_GAUGE, [LEVEL_POOR] = ICON_WARNING};
    const Theme *theme = console->theme;
    ViewLevel level = view_level(service);
    guint32 colour = level == LEVEL_GOOD   ? theme->good
                     : level == LEVEL_FAIR ? theme->warn
                     : level == LEVEL_POOR ? theme->danger
                                           : theme->text_soft;
    char number[16] = "–";
    if (level != LEVEL_UNKNOWN) g_snprintf(number, sizeof number, "%d %%", view_percent(service));
    double size = MIN(draw_line_height(console->scene->fonts, style) * 0.8, 36);
    double width = draw_text_width(console->scene->fonts, style, number) + 1;
    Rect at = rect;
    scene_icon(console->scene, icons[level], rect_centre(rect_cut_left(&at, size, size * 0.4), size, size), colour, on);
    scene_text(console->scene, (Rect){at.x, at.y, MIN(width, at.w), at.h}, style, ALIGN_LEFT, colour, on, number);
    return size * 1.4 + width;
}

void console_meter(const Console *console, Rect row, MeterKind kind, guint32 on)
{
    static const struct {
        const char *key;
        Icon icon;
    } words[] = {[VOICE_SILENT] = {"voice_silent", ICON_MINUS},
                 [VOICE_LOUD] = {"voice_loud", ICON_WARNING},
                 [VOICE_MUTED] = {"voice_muted", ICON_MIC_OFF}};
    const Theme *theme = console->theme;
    Voice voice = kind == METER_OWN ? console->own_voice : console->shopper_voice;
    if (voice == VOICE_UNKNOWN || voice == VOICE_HEARD) {
        scene_meter(console->scene, &(SceneMeter){.kind = kind,
                                                  .rect = rect_centre(row, row.w, METER_HEIGHT),
                                                  .lit = theme->good,
                                                  .loud = theme->warn,
                                                  .dark = theme_mix(on, theme->text_soft, 0.3),
                                                  .on = on});
        return;
    }
    guint32 colour = voice == VOICE_SILENT ? theme->text : theme->warn;
    scene_icon(console->scene, words[voice].icon, rect_centre(rect_cut_left(&row, 20, 8), 20, 20), colour, on);
    scene_text(console->scene, row, STYLE_LABEL, ALIGN_LEFT, colour, on, console_text(console, words[voice].key));
}

static const char *tail_that_fits(Fonts *fonts, const char *text, double width)
{
    while (*text && draw_text_width(fonts, STYLE_BODY, text) > width) {
        glong skip = MAX(1, g_utf8_strlen(text, -1) / 8);
        text = g_utf8_offset_to_pointer(text, skip);
    }
    return text;
}

void console_field(const Console *console, Rect rect, const char *id, const char *text, const char *hint, int key, const char *keycap)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    gboolean focused = strcmp(scene->focus, id) == 0;
    scene_frame(scene, rect, 12, theme->background, focused ? theme->focus : theme->text_soft, focused ? 3 : 1.5);
    Rect inner = rect_inset(rect, 14, 4);
    if (!focused && !*text) rect_cut_right(&inner, console_keycap(console, inner, keycap, theme->text_soft, theme->background), 8);
    if (!focused && !*text) {
        scene_text(scene, inner, STYLE_BODY, ALIGN_LEFT, theme->text_soft, theme->background, hint);
    } else {
        const char *shown = tail_that_fits(scene->fonts, text, inner.w - 6);
        scene_words(scene, &(SceneItem){.rect = inner,
                                        .style = STYLE_BODY,
                                        .colour = theme->text,
                                        .on = theme->background,
                                        .text = (char *)shown,
                                        .foreign = TRUE});
        double caret = inner.x + draw_text_width(scene->fonts, STYLE_BODY, shown) + 2;
        if (focused) scene_box(scene, (Rect){caret, rect.y + rect.h / 2 - 12, 2.5, 24}, 0, theme->accent);
    }
    SceneTarget *target = scene_target(scene, id, rect);
    target->field = TRUE;
    target->key = key;
    target->disabled = console->view->agent_gone;
}

void console_placeholder(const Console *console, Rect rect, Icon icon, const char *title, const char *line)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    TextStyle style = line ? STYLE_HEADING : STYLE_LABEL;
    double width = MIN(rect.w - 32, 560), size = line ? 72 : 40;
    double heading = draw_text_height(scene->fonts, style, title, width),
           body = line ? draw_text_height(scene->fonts, STYLE_BODY, line, width) + 8 : 0;
    Rect block = rect_centre(rect, width, size + 16 + heading + body);
    scene_box(scene, rect, 0, theme->stage);
    scene_icon(scene, icon, rect_centre(rect_cut_top(&block, size, 16), size, size), theme_mix(theme->stage, theme->on_stage, 0.75),
               theme->stage);
    scene_words(scene, &(SceneItem){.rect = rect_cut_top(&block, heading, 8),
                                    .style = style,
                                    .align = ALIGN_CENTRE,
                                    .colour = theme->on_stage,
                                    .on = theme->stage,
                                    .text = (char *)title,
                                    .lines = 2});
    if (!line) return;
    scene_words(scene, &(SceneItem){.rect = block,
                                    .style = STYLE_BODY,
                                    .align = ALIGN_CENTRE,
                                    .colour = theme->on_stage,
                                    .on = theme->stage,
                                    .text = (char *)line,
                                    .lines = 3});
}
