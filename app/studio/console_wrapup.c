/* The wrap-up: what became of the call, its order, its marks, and the time that is left for that. */
#include "studio/console_parts.h"

#include "studio/draw.h"
#include "text/price.h"

#include <SDL2/SDL_keycode.h>
#include <string.h>

#define HEADER_HEIGHT  56.0
#define OUTCOME_LEAST  72.0
#define OUTCOME_MOST   120.0
#define KEYPAD_WIDTH   312.0
#define KEYPAD_GAP     8.0
#define LABEL_HEIGHT   22.0
#define CHIP_PADDING   18.0
#define CURRENCY_WIDTH 92.0
#define DONE_LEAST     64.0
#define DONE_MOST      84.0
#define BAR_WIDTH      260.0
#define SOON           0.25 /* of the time: the bar warns */

/* The clock is a panel of its own: it alone changes every second. */
static void countdown(const Console *console, Rect rect)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    const View *view = console->view;
    scene_panel(scene, "wrapup_clock", rect, theme->surface);
    g_autofree char *time = console_clock(view_seconds_left(view->wrapup_until_mono, console->now_mono) * 1000);
    g_autofree char *left = text_format(console->text, "console", "wrapup_left", "time", time, NULL);
    double part = view_part_left(view->since_mono, view->wrapup_until_mono, console->now_mono);
    gboolean soon = part < SOON;
    Rect block = rect_centre(rect, rect.w, 46);
    Rect words = rect_cut_top(&block, 28, 8);
    scene_icon(scene, soon ? ICON_WARNING : ICON_CLOCK, rect_centre(rect_cut_left(&words, 22, 10), 22, 22),
               soon ? theme->warn : theme->text_soft, theme->surface);
    scene_text(scene, words, STYLE_LABEL, ALIGN_LEFT, theme->text, theme->surface, left);
    Rect bar = rect_cut_top(&block, 10, 0);
    scene_box(scene, bar, 5, theme->raised);
    bar.w *= part;
    if (part > 0) scene_box(scene, bar, 5, soon ? theme->warn : theme->accent);
}

/* Returns where the clock goes. */
static Rect header(const Console *console, Rect rect)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    Button more =
        console_plain_button(console, "extend", console_text(console, console->view->extended ? "wrapup_extended" : "wrapup_more"));
    more.icon = console->view->extended ? ICON_CHECK : ICON_PLUS;
    more.keycap = console->view->extended ? NULL : "F2";
    more.key = SDLK_F2;
    more.wish = "extend";
    more.disabled = console->view->extended || console->view->agent_gone;
    double width = draw_text_width(scene->fonts, more.style, more.label) + 24 + 12 + 2 * 16 + (more.keycap ? 44 : 4);
    console_button(console, rect_cut_right(&rect, width, 24), &more);
    Rect clock = rect_cut_right(&rect, BAR_WIDTH, 24);
    scene_text(scene, rect, STYLE_TITLE, ALIGN_LEFT, theme->text, theme->surface, console_text(console, "wrapup_title"));
    return clock;
}

static void outcomes(const Console *console, Rect row)
{
    static const struct {
        const char *outcome, *argument, *keycap;
        Icon icon;
    } all[] = {
        {"sale", "outcome sale", "1", ICON_CART},
        {"reserved", "outcome reserved", "2", ICON_BOOKMARK},
        {"follow_up", "outcome follow_up", "3", ICON_CALENDAR},
        {"advice", "outcome advice", "4", ICON_ADVICE},
        {"none", "outcome none", "5", ICON_MINUS},
    };
    const Theme *theme = console->theme;
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        char id[SCENE_ID_MAX];
        g_snprintf(id, sizeof id, "outcome_%s", all[i].outcome);
        Button button = console_plain_button(console, id, console_text(console, id));
        button.selected = strcmp(console->wrapup->outcome, all[i].outcome) == 0;
        button.icon = button.selected ? ICON_CHECK : all[i].icon;
        button.icon_above = TRUE;
        button.keycap = all[i].keycap;
        button.key = SDLK_1 + (int)i;
        button.wish = "wrapup";
        button.argument = all[i].argument;
        button.style = STYLE_HEADING;
        button.disabled = console->view->agent_gone;
        if (button.selected) button.fill = theme_mix(theme->raised, theme->accent, 0.16);
        console_button(console, rect_column(row, G_N_ELEMENTS(all), i, LAYOUT_GAP), &button);
    }
}

static Rect labelled(const Console *console, Rect rect, const char *key)
{
    scene_text(console->scene, rect_cut_top(&rect, LABEL_HEIGHT, 6), STYLE_SMALL, ALIGN_LEFT, console->theme->text_soft,
               console->theme->surface, console_text(console, key));
    rect.h = MIN(rect.h, LAYOUT_TOUCH);
    return rect;
}

static void fields(const Console *console, Rect row)
{
    const Wrapup *wrapup = console->wrapup;
    gint64 minor;
    Rect order = labelled(console, rect_cut_left(&row, (row.w - 20) * 0.48, 20), "wrapup_order"),
         value = labelled(console, row, "wrapup_value");
    console_field(console, order, CONSOLE_ORDER, wrapup->order->text->str, console_text(console, "wrapup_order_hint"), SDLK_F7, "F7");
    if (console->view->currency_count) {
        Button currency = console_plain_button(console, "currency", scene_string(console->scene, wrapup->currency));
        currency.wish = "wrapup";
        currency.argument = "currency";
        currency.disabled = console->view->agent_gone || console->view->currency_count < 2;
        console_button(console, rect_cut_right(&value, CURRENCY_WIDTH, 8), &currency);
    }
    if (wrapup_value(wrapup, &minor)) {
        g_autofree char *price = price_format(text_language(console->text), minor, wrapup->currency);
        Rect label = {value.x, value.y - 6 - LABEL_HEIGHT, value.w, LABEL_HEIGHT};
        scene_words(console->scene, &(SceneItem){.rect = label,
                                                 .style = STYLE_SMALL,
                                                 .align = ALIGN_RIGHT,
                                                 .colour = console->theme->text,
                                                 .on = console->theme->surface,
                                                 .text = price,
                                                 .foreign = TRUE});
    }
    const char hint[] = {'0', wrapup->point, '0', '0', '\0'};
    console_field(console, value, CONSOLE_VALUE, wrapup->value->text->str, hint, SDLK_F6, "F6");
}

static void chip(const Console *console, Rect rect, const char *tag)
{
    const Theme *theme = console->theme;
    char id[SCENE_ID_MAX];
    g_autofree char *argument = g_strconcat("tag ", tag, NULL);
    g_snprintf(id, sizeof id, "tag_%s", tag);
    Button button = console_plain_button(console, id, console_word(console, "tag", tag));
    button.selected = wrapup_has_tag(console->wrapup, tag);
    button.icon = button.selected ? ICON_CHECK : ICON_PLUS;
    button.wish = "wrapup";
    button.argument = scene_string(console->scene, argument);
    button.disabled = console->view->agent_gone;
    if (button.selected) button.fill = theme_mix(theme->raised, theme->accent, 0.16);
    console_button(console, rect, &button);
}

/* From left to right, in as many rows as there is room for. */
static void tags(const Console *console, Rect rect)
{
    const View *view = console->view;
    if (!view->tag_count || rect.h < LABEL_HEIGHT + 6 + LAYOUT_TOUCH) return;
    scene_text(console->scene, rect_cut_top(&rect, LABEL_HEIGHT, 6), STYLE_SMALL, ALIGN_LEFT, console->theme->text_soft,
               console->theme->surface, console_text(console, "wrapup_tags"));
    double x = rect.x, y = rect.y;
    for (guint i = 0; i < view->tag_count; i++) {
        const char *word = console_word(console, "tag", view->tags[i]);
        double width = draw_text_width(console->scene->fonts, STYLE_BUTTON, word) + 1 + 24 + 12 + 2 * CHIP_PADDING;
        width = MIN(width, rect.w);
        if (x > rect.x && x + width > rect.x + rect.w) {
            x = rect.x;
            y += LAYOUT_TOUCH + 8;
        }
        if (y + LAYOUT_TOUCH > rect.y + rect.h + 0.01) return;
        chip(console, (Rect){x, y, width, LAYOUT_TOUCH}, view->tags[i]);
        x += width + 8;
    }
}

static void keypad(const Console *console, Rect rect)
{
    static const struct {
        const char *id, *label, *argument;
        Icon icon;
    } keys[] = {
        {"pad_1", "1", "type 1", ICON_NONE},  {"pad_2", "2", "type 2", ICON_NONE}, {"pad_3", "3", "type 3", ICON_NONE},
        {"pad_4", "4", "type 4", ICON_NONE},  {"pad_5", "5", "type 5", ICON_NONE}, {"pad_6", "6", "type 6", ICON_NONE},
        {"pad_7", "7", "type 7", ICON_NONE},  {"pad_8", "8", "type 8", ICON_NONE}, {"pad_9", "9", "type 9", ICON_NONE},
        {"pad_point", NULL, NULL, ICON_NONE}, {"pad_0", "0", "type 0", ICON_NONE}, {"pad_rub", "", "rub", ICON_BACKSPACE},
    };
    const char point[] = {console->wrapup->point, '\0'};
    g_autofree char *type_point = g_strdup_printf("type %s", point);
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        Button key = console_plain_button(console, keys[i].id, keys[i].label ? keys[i].label : point);
        key.icon = keys[i].icon;
        key.wish = "wrapup";
        key.argument = keys[i].argument ? keys[i].argument : scene_string(console->scene, type_point);
        key.style = STYLE_HEADING;
        key.keeps_focus = TRUE;
        key.disabled = console->view->agent_gone;
        console_button(console, rect_row(rect_column(rect, 3, i % 3, KEYPAD_GAP), 4, i / 3, KEYPAD_GAP), &key);
    }
}

static void done_button(const Console *console, Rect rect)
{
    const Theme *theme = console->theme;
    gboolean chosen = console->wrapup->outcome[0] != '\0';
    Button done = console_plain_button(console, "done", console_text(console, "button_done"));
    done.note = console_text(console, chosen ? "button_done_note" : "button_done_first");
    done.icon = ICON_CHECK;
    done.keycap = chosen ? "F1" : NULL;
    done.key = SDLK_F1;
    done.wish = "done";
    done.style = STYLE_BUTTON_BIG;
    done.disabled = !chosen || console->view->agent_gone;
    if (chosen) {
        done.fill = theme->good_fill;
        done.on = theme->on_good;
        done.line = SCENE_NO_COLOUR;
    }
    console_button(console, rect, &done);
}

void console_wrapup(const Console *console, Rect area)
{
    Rect inner = console_card(console, "wrapup", area);
    double lower = 4 * LAYOUT_TOUCH + 3 * KEYPAD_GAP, spare = inner.h - HEADER_HEIGHT - lower - 12 - 16 - 16 - 1;
    double done = CLAMP(spare * 0.36, DONE_LEAST, DONE_MOST), outcome = CLAMP(spare - done, OUTCOME_LEAST, OUTCOME_MOST);
    Rect clock = header(console, rect_cut_top(&inner, HEADER_HEIGHT, 12));
    outcomes(console, rect_cut_top(&inner, outcome, 16));
    Rect bottom = rect_cut_bottom(&inner, done, 16);
    Rect pad = rect_cut_right(&inner, KEYPAD_WIDTH, 28);
    pad.h = MIN(pad.h, lower + 40);
    keypad(console, pad);
    fields(console, rect_cut_top(&inner, LABEL_HEIGHT + 6 + LAYOUT_TOUCH, 16));
    tags(console, inner);
    done_button(console, bottom);
    countdown(console, clock);
}
