/* The screens without a shopper: boot, agent gone, starting, paused, ready. */
#include "studio/console_parts.h"

#include "studio/draw.h"

#include <SDL2/SDL_keycode.h>

#define DEVICE_ROW  36.0
#define CHECK_ROW   68.0
#define TOPIC_ROW   35.0
#define TOPIC_TITLE 32.0
#define STAT_HEIGHT 112.0
#define OWN_HEIGHT  278.0 /* of the own picture with its words alone */

static const struct {
    const char *name;
    Icon icon;
} devices[DEVICES] = {
    [DEVICE_LINK] = {"link", ICON_LINE},
    [DEVICE_CAMERA_FACE] = {"camera_face", ICON_FACE},
    [DEVICE_CAMERA_PRODUCT] = {"camera_product", ICON_PRODUCT},
    [DEVICE_MICROPHONE] = {"microphone", ICON_MIC},
    [DEVICE_SPEAKER] = {"speaker", ICON_SPEAKER},
    [DEVICE_DEMO] = {"demo", ICON_SCREEN},
    [DEVICE_STORAGE] = {"storage", ICON_STORAGE},
};

static const struct {
    const char *word;
    Icon icon;
} check_looks[] = {
    [CHECK_UNKNOWN] = {"unknown", ICON_DOTS}, [CHECK_OK] = {"ok", ICON_CHECK},     [CHECK_SIMULATED] = {"simulated", ICON_CHECK},
    [CHECK_UNUSED] = {"unused", ICON_MINUS},  [CHECK_BAD] = {"bad", ICON_WARNING},
};

static guint32 check_colour(const Theme *theme, ViewCheck check)
{
    return check == CHECK_BAD ? theme->danger : check == CHECK_OK || check == CHECK_SIMULATED ? theme->good : theme->text_soft;
}

static void message_screen(const Console *console, Rect area, Icon icon, const char *title, const char *line)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    Rect inner = console_card(console, "message", area);
    double width = MIN(inner.w, 900), heading = draw_text_height(scene->fonts, STYLE_TITLE, title, width);
    double body = draw_text_height(scene->fonts, STYLE_BODY, line, width);
    Rect block = rect_centre(inner, width, 104 + 28 + heading + 12 + body);
    console_badge(console, icon, rect_centre(rect_cut_top(&block, 104, 28), 104, 104), theme->raised, theme->text);
    scene_words(scene, &(SceneItem){.rect = rect_cut_top(&block, heading, 12),
                                    .style = STYLE_TITLE,
                                    .align = ALIGN_CENTRE,
                                    .colour = theme->text,
                                    .on = theme->surface,
                                    .text = (char *)title,
                                    .lines = 2});
    scene_words(scene, &(SceneItem){.rect = block,
                                    .style = STYLE_BODY,
                                    .align = ALIGN_CENTRE,
                                    .colour = theme->text_soft,
                                    .on = theme->surface,
                                    .text = (char *)line,
                                    .lines = 3});
}

void console_boot(const Console *console, Rect area)
{
    message_screen(console, area, ICON_BRAND, console_text(console, "boot_title"), console_text(console, "boot_line"));
}

void console_gone(const Console *console, Rect area)
{
    message_screen(console, area, ICON_RESTART, console_text(console, "gone_title"), console_text(console, "gone_line"));
}

static void device_row(const Console *console, Rect row, ViewDevice device)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    ViewCheck check = console->view->checks[device];
    guint32 colour = check_colour(theme, check);
    char word[32];
    g_snprintf(word, sizeof word, "check_word_%s", check_looks[check].word);
    const char *state = console_text(console, word);
    scene_icon(scene, devices[device].icon, rect_centre(rect_cut_left(&row, 22, 12), 22, 22), theme->text_soft, theme->surface);
    scene_text(scene, rect_cut_right(&row, draw_text_width(scene->fonts, STYLE_SMALL, state) + 1, 8), STYLE_SMALL, ALIGN_RIGHT,
               check == CHECK_BAD ? theme->danger : theme->text, theme->surface, state);
    scene_icon(scene, check_looks[check].icon, rect_centre(rect_cut_right(&row, 18, 8), 18, 18), colour, theme->surface);
    scene_text(scene, row, STYLE_SMALL, ALIGN_LEFT, theme->text_soft, theme->surface, console_word(console, "check", devices[device].name));
}

void console_own_column(const Console *console, Rect rect, gboolean with_devices)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    if (!with_devices) rect.h = OWN_HEIGHT;
    Rect inner = console_card(console, "own", rect);
    inner = rect_inset(inner, CARD_PADDING / 2 - 20, CARD_PADDING / 2 - 20);
    Rect picture = rect_cut_top(&inner, inner.w * 9 / 16, 12);
    if (console->own_visible) {
        scene_box(scene, picture, 0, theme->stage);
        scene_picture(scene, PICTURE_OWN, picture);
    } else {
        console_placeholder(console, picture, ICON_CAMERA, console_text(console, "own_none"), NULL);
    }
    scene_text(scene, rect_cut_top(&inner, 28, 10), STYLE_LABEL, ALIGN_LEFT, theme->text, theme->surface,
               console_text(console, "own_title"));
    for (guint i = DEVICE_CAMERA_FACE; with_devices && i <= DEVICE_DEMO && inner.h >= DEVICE_ROW; i++)
        device_row(console, rect_cut_top(&inner, DEVICE_ROW, 2), i);
}

static void check_row(const Console *console, Rect row, ViewDevice device)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    ViewCheck check = console->view->checks[device];
    guint32 colour = check_colour(theme, check);
    char key[80];
    g_snprintf(key, sizeof key, "check_word_%s", check_looks[check].word);
    const char *state = console_text(console, key);
    scene_box(scene, row, 14, theme->raised);
    Rect inner = rect_inset(row, 18, 0);
    scene_icon(scene, devices[device].icon, rect_centre(rect_cut_left(&inner, 28, 16), 28, 28), theme->text_soft, theme->raised);
    scene_text(scene, rect_cut_right(&inner, MAX(150, draw_text_width(scene->fonts, STYLE_LABEL, state) + 1), 10), STYLE_LABEL, ALIGN_LEFT,
               check == CHECK_BAD ? theme->danger : theme->text, theme->raised, state);
    scene_icon(scene, check_looks[check].icon, rect_centre(rect_cut_right(&inner, 22, 16), 22, 22), colour, theme->raised);
    const char *name = console_word(console, "check", devices[device].name), *problem = view_device_problem(console->view, device);
    g_snprintf(key, sizeof key, "do_%s", problem ? problem : "");
    if (!problem || !text_has(console->text, "console", key)) {
        scene_text(scene, inner, STYLE_BUTTON, ALIGN_LEFT, theme->text, theme->raised, name);
        return;
    }
    Rect block = rect_centre(inner, inner.w, 50);
    scene_text(scene, rect_cut_top(&block, 26, 2), STYLE_BUTTON, ALIGN_LEFT, theme->text, theme->raised, name);
    scene_text(scene, block, STYLE_SMALL, ALIGN_LEFT, theme->text, theme->raised, console_text(console, key));
}

void console_starting(const Console *console, Rect area)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    console_own_column(console, rect_cut_right(&area, RIGHT_COLUMN, LAYOUT_GAP), FALSE);
    Rect inner = console_card(console, "checks", area);
    scene_text(scene, rect_cut_top(&inner, 42, 4), STYLE_TITLE, ALIGN_LEFT, theme->text, theme->surface,
               console_text(console, "starting_title"));
    scene_text(scene, rect_cut_top(&inner, 26, 16), STYLE_BODY, ALIGN_LEFT, theme->text_soft, theme->surface,
               console_text(console, "starting_line"));
    double height = MIN(CHECK_ROW, (inner.h - 8 * (DEVICES - 1)) / DEVICES);
    for (guint i = 0; i < DEVICES; i++) check_row(console, rect_cut_top(&inner, height, 8), i);
}

static void heading(const Console *console, Rect *inner, Icon icon, guint32 fill, guint32 on, const char *title, const char *line)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    double width = inner->w - 88 - 24;
    double body = MAX(draw_text_height(scene->fonts, STYLE_BODY, line, width), 24);
    Rect row = rect_cut_top(inner, MAX(88, 46 + 6 + body), 24);
    Rect badge = rect_cut_left(&row, 88, 24);
    badge.h = 88;
    console_badge(console, icon, badge, fill, on);
    Rect block = {row.x, row.y + MAX(0, (88 - 46 - 6 - body) / 2), row.w, 46 + 6 + body};
    scene_text(scene, rect_cut_top(&block, 46, 6), STYLE_TITLE, ALIGN_LEFT, theme->text, theme->surface, title);
    scene_paragraph(scene, block, STYLE_BODY, theme->text_soft, theme->surface, line);
}

static const char *pause_line(const Console *console)
{
    const View *view = console->view;
    char key[64];
    g_snprintf(key, sizeof key, "paused_%s", view->pause_reason);
    if (view->ready_wanted) return console_text(console, "paused_problem");
    if (*view->pause_reason && text_has(console->text, "console", key)) return console_text(console, key);
    return console_text(console, view->blocked ? "paused_blocked" : "paused_start");
}

static void stat(const Console *console, Rect rect, const char *label, const char *value)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    scene_box(scene, rect, 14, theme->raised);
    Rect inner = rect_inset(rect, 20, 12);
    scene_text(scene, rect_cut_top(&inner, 22, 2), STYLE_SMALL, ALIGN_LEFT, theme->text_soft, theme->raised, label);
    scene_text(scene, inner, STYLE_NUMBER, ALIGN_LEFT, theme->text, theme->raised, value);
}

static void stats(const Console *console, Rect rect)
{
    const View *view = console->view;
    char number[24] = "–";
    g_autofree char *longest =
        view->link_up && view->waiting ? console_duration(console, view_longest_wait(view, console->now_mono)) : g_strdup("–");
    if (view->link_up) g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT, view->waiting);
    stat(console, rect_column(rect, 2, 0, LAYOUT_GAP), console_text(console, "stat_waiting"), number);
    stat(console, rect_column(rect, 2, 1, LAYOUT_GAP), console_text(console, "stat_longest"), longest);
}

static void topic_bar(const Console *console, Rect row, const ViewTopic *topic, gint64 most)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    char number[24];
    g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT, topic->waiting);
    scene_text(scene, rect_cut_left(&row, 176, 12), STYLE_LABEL, ALIGN_LEFT, theme->text, theme->surface,
               console_word(console, "topic", topic->id));
    scene_text(scene, rect_cut_right(&row, 56, 12), STYLE_CLOCK, ALIGN_RIGHT, theme->text, theme->surface, number);
    Rect bar = rect_centre(row, row.w, 10);
    scene_box(scene, bar, 5, theme->raised);
    bar.w = MAX(10, bar.w * (double)topic->waiting / (double)most);
    scene_box(scene, bar, 5, theme->accent);
}

/* In two columns where one has no room for all; not at all where two have none either: the waiting line below has them. */
static void topic_bars(const Console *console, Rect rect)
{
    const View *view = console->view;
    guint room = (guint)MAX(0, (rect.h - TOPIC_TITLE) / TOPIC_ROW), columns = view->topic_count > room ? 2 : 1;
    if (!view->link_up || !view->topic_count || view->topic_count > room * columns) return;
    Rect title = rect_cut_top(&rect, TOPIC_TITLE, 0);
    scene_text(console->scene, rect_cut_top(&title, 24, 0), STYLE_SMALL, ALIGN_LEFT, console->theme->text_soft, console->theme->surface,
               console_text(console, "stat_topics"));
    gint64 most = 1;
    for (guint i = 0; i < view->topic_count; i++) most = MAX(most, view->topics[i].waiting);
    guint rows = (view->topic_count + columns - 1) / columns;
    for (guint i = 0; i < view->topic_count; i++) {
        Rect column = rect_column(rect, columns, i / rows, 2 * LAYOUT_GAP);
        Rect row = {column.x, column.y + TOPIC_ROW * (i % rows), column.w, TOPIC_ROW};
        topic_bar(console, row, &view->topics[i], most);
    }
}

static void ready_button(const Console *console, Rect rect)
{
    const Theme *theme = console->theme;
    Button ready = console_plain_button(console, "ready", console_text(console, "button_ready"));
    ready.note = console_text(console, "button_ready_note");
    ready.icon = ICON_PLAY;
    ready.keycap = "F1";
    ready.key = SDLK_F1;
    ready.wish = "ready";
    ready.fill = theme->good_fill;
    ready.on = theme->on_good;
    ready.line = SCENE_NO_COLOUR;
    ready.style = STYLE_BUTTON_BIG;
    console_button(console, rect, &ready);
}

/* Reasons to pause, at the bottom of room. */
static void pause_buttons(const Console *console, Rect *room)
{
    static const struct {
        const char *reason, *keycap;
        Icon icon;
    } reasons[] = {{"break", "1", ICON_CUP}, {"lunch", "2", ICON_MEAL}, {"meeting", "3", ICON_MEETING}, {"end_of_shift", "4", ICON_DOOR}};
    const Theme *theme = console->theme;
    Rect row = rect_cut_bottom(room, 84, 8);
    for (guint i = 0; i < G_N_ELEMENTS(reasons); i++) {
        char id[SCENE_ID_MAX];
        g_snprintf(id, sizeof id, "pause_%s", reasons[i].reason);
        Button button = console_plain_button(console, id, console_text(console, id));
        button.icon = reasons[i].icon;
        button.icon_above = TRUE;
        button.keycap = reasons[i].keycap;
        button.key = SDLK_1 + (int)i;
        button.wish = "pause";
        button.argument = reasons[i].reason;
        console_button(console, rect_column(row, G_N_ELEMENTS(reasons), i, 12), &button);
    }
    scene_text(console->scene, rect_cut_bottom(room, 22, 16), STYLE_SMALL, ALIGN_LEFT, theme->text_soft, theme->surface,
               console_text(console, "pause_title"));
}

/* Paused by the advisor, or, with ready wanted, by a problem until it is gone. */
void console_paused(const Console *console, Rect area)
{
    const Theme *theme = console->theme;
    gboolean waits = console->view->ready_wanted;
    console_own_column(console, rect_cut_right(&area, RIGHT_COLUMN, LAYOUT_GAP), TRUE);
    Rect inner = console_card(console, "paused", area);
    heading(console, &inner, waits ? ICON_WARNING : ICON_PAUSE, theme->warn_fill, theme->on_warn,
            console_text(console, waits ? "problem_title" : "paused_title"), pause_line(console));
    if (waits)
        pause_buttons(console, &inner);
    else
        ready_button(console, rect_cut_bottom(&inner, 120, 24));
    stats(console, rect_cut_top(&inner, MIN(STAT_HEIGHT, inner.h), 24));
    topic_bars(console, inner);
}

void console_ready(const Console *console, Rect area)
{
    const Theme *theme = console->theme;
    console_own_column(console, rect_cut_right(&area, RIGHT_COLUMN, LAYOUT_GAP), TRUE);
    Rect inner = console_card(console, "ready", area);
    heading(console, &inner, ICON_CHECK, theme->good_fill, theme->on_good, console_text(console, "ready_title"),
            console_text(console, "ready_line"));
    pause_buttons(console, &inner);
    stats(console, rect_cut_top(&inner, STAT_HEIGHT, 24));
    topic_bars(console, inner);
}
