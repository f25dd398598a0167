/* The screens without a shopper: boot, agent gone, starting, paused, ready. */
#include "studio/console_parts.h"

#include "studio/draw.h"

#include <SDL2/SDL_keycode.h>
#include <string.h>

#define DEVICE_ROW  36.0
#define TOPIC_ROW   28.0
#define TOPIC_TITLE 24.0
#define STAT_HEIGHT 112.0
#define SECOND_ROW  56.0
#define OWN_HEIGHT  278.0 /* of the own picture with its words alone */

void console_message(const Console *console, Rect area, Icon icon, const char *title, const char *line)
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
    console_message(console, area, ICON_BRAND, console_text(console, "boot_title"), console_text(console, "boot_line"));
}

void console_gone(const Console *console, Rect area)
{
    console_message(console, area, ICON_RESTART, console_text(console, "gone_title"), console_text(console, "gone_line"));
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
        console_check_row(console, rect_cut_top(&inner, DEVICE_ROW, 2), i);
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
    TextStyle style = draw_text_width(scene->fonts, STYLE_NUMBER, value) > inner.w ? STYLE_TITLE : STYLE_NUMBER;
    scene_text(scene, inner, style, ALIGN_LEFT, theme->text, theme->raised, value);
}

static void level_stat(const Console *console, Rect rect)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    const View *view = console->view;
    scene_box(scene, rect, 14, theme->raised);
    Rect inner = rect_inset(rect, 20, 12);
    g_autofree char *within = console_duration(console, view->within_ms);
    g_autofree char *label = view->within_ms ? text_format(console->text, "console", "stat_level", "time", within, NULL)
                                             : g_strdup(console_text(console, "stat_level_unknown"));
    scene_text(scene, rect_cut_top(&inner, 22, 2), STYLE_SMALL, ALIGN_LEFT, theme->text_soft, theme->raised, label);
    const ViewService none = {0};
    console_level(console, inner, STYLE_NUMBER, view->link_up ? &view->service : &none, theme->raised);
}

static void stats(const Console *console, Rect rect)
{
    const View *view = console->view;
    char number[24] = "–";
    g_autofree char *longest =
        view->link_up && view->waiting ? console_duration(console, view_longest_wait(view, console->now_mono)) : g_strdup("–");
    if (view->link_up) g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT, view->waiting);
    stat(console, rect_column(rect, 3, 0, LAYOUT_GAP), console_text(console, "stat_waiting"), number);
    stat(console, rect_column(rect, 3, 1, LAYOUT_GAP), console_text(console, "stat_longest"), longest);
    level_stat(console, rect_column(rect, 3, 2, LAYOUT_GAP));
}

/* Who waits for it and how long, and how it was served in the last hour. */
static void topic_row(const Console *console, Rect row, const ViewTopic *topic)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    char number[24];
    g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT, topic->waiting);
    g_autofree char *time =
        topic->waiting ? console_duration(console, view_topic_wait(console->view, topic, console->now_mono)) : g_strdup("");
    Rect level = rect_cut_right(&row, 74, 12);
    scene_text(scene, rect_cut_right(&row, 98, 8), STYLE_LABEL, ALIGN_RIGHT, theme->text_soft, theme->surface, time);
    scene_text(scene, rect_cut_right(&row, 34, 6), STYLE_CLOCK, ALIGN_RIGHT, theme->text, theme->surface, number);
    scene_words(scene, &(SceneItem){.rect = row,
                                    .style = STYLE_LABEL,
                                    .colour = theme->text,
                                    .on = theme->surface,
                                    .text = (char *)console_word(console, "topic", topic->id)});
    console_level(console, level, STYLE_LABEL, &topic->service, theme->surface);
}

/* In two columns where one has no room for all; not at all where two have none either: the waiting line below has them. */
static void topic_bars(const Console *console, Rect rect)
{
    const View *view = console->view;
    guint room = (guint)MAX(0, (rect.h - TOPIC_TITLE) / TOPIC_ROW), columns = 2;
    if (!view->link_up || !view->topic_count || view->topic_count > room * columns) return;
    Rect title = rect_cut_top(&rect, TOPIC_TITLE, 0);
    scene_text(console->scene, rect_cut_top(&title, 24, 0), STYLE_SMALL, ALIGN_LEFT, console->theme->text_soft, console->theme->surface,
               console_text(console, "stat_topics"));
    guint rows = (view->topic_count + columns - 1) / columns;
    for (guint i = 0; i < view->topic_count; i++) {
        Rect column = rect_column(rect, columns, i / rows, 2 * LAYOUT_GAP + 8);
        Rect row = {column.x, column.y + TOPIC_ROW * (i % rows), column.w, TOPIC_ROW};
        topic_row(console, row, &view->topics[i]);
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
    } reasons[] = {{"break", "1", ICON_CUP},         {"lunch", "2", ICON_MEAL}, {"meeting", "3", ICON_MEETING},
                   {"training", "4", ICON_TRAINING}, {"other", "5", ICON_DOTS}, {"end_of_shift", "6", ICON_DOOR}};
    const Theme *theme = console->theme;
    Rect block = rect_cut_bottom(room, 2 * SECOND_ROW + 10, 8);
    for (guint i = 0; i < G_N_ELEMENTS(reasons); i++) {
        char id[SCENE_ID_MAX];
        g_snprintf(id, sizeof id, "pause_%s", reasons[i].reason);
        Button button = console_plain_button(console, id, console_text(console, id));
        button.icon = reasons[i].icon;
        button.keycap = reasons[i].keycap;
        button.key = SDLK_1 + (int)i;
        button.wish = "pause";
        button.argument = reasons[i].reason;
        console_button(console, rect_column(rect_row(block, 2, i / 3, 10), 3, i % 3, 12), &button);
    }
    scene_text(console->scene, rect_cut_bottom(room, 22, 16), STYLE_SMALL, ALIGN_LEFT, theme->text_soft, theme->surface,
               console_text(console, "pause_title"));
}

/* What there is to do in a pause besides ending it. */
static void pause_choices(const Console *console, Rect row)
{
    static const struct {
        const char *id, *text, *wish, *argument, *keycap;
        int key;
        Icon icon;
    } all[] = {
        {"practice", "button_practice", "practice", "", "F4", SDLK_F4, ICON_TRAINING},
        {"check", "button_check", "check", "on", "F5", SDLK_F5, ICON_CHECKLIST},
        {"pause_end_of_shift", "pause_end_of_shift", "pause", "end_of_shift", "F6", SDLK_F6, ICON_DOOR},
    };
    gboolean over = strcmp(console->view->pause_reason, "end_of_shift") == 0;
    guint count = G_N_ELEMENTS(all) - (over ? 1 : 0);
    for (guint i = 0; i < count; i++) {
        Button button = console_plain_button(console, all[i].id, console_text(console, all[i].text));
        button.icon = all[i].icon;
        button.style = STYLE_LABEL;
        button.keycap = all[i].keycap;
        button.key = all[i].key;
        button.wish = all[i].wish;
        button.argument = all[i].argument;
        console_button(console, rect_column(row, count, i, 12), &button);
    }
}

static Icon pause_icon(const char *reason)
{
    static const struct {
        const char *reason;
        Icon icon;
    } icons[] = {
        {"break", ICON_CUP}, {"lunch", ICON_MEAL}, {"meeting", ICON_MEETING}, {"training", ICON_TRAINING}, {"end_of_shift", ICON_DOOR}};
    for (guint i = 0; i < G_N_ELEMENTS(icons); i++) {
        if (strcmp(icons[i].reason, reason) == 0) return icons[i].icon;
    }
    return ICON_PAUSE;
}

/* The reason in the title, so that a look from the door says it; and since when. */
static char *pause_title(const Console *console)
{
    const View *view = console->view;
    char key[64];
    g_snprintf(key, sizeof key, "pause_%s", view->pause_reason);
    if (!*view->pause_reason || !text_has(console->text, "console", key)) return g_strdup(console_text(console, "paused_title"));
    g_autofree char *time = console_duration(console, (console->now_mono - view->since_mono) / 60000 * 60000);
    gboolean fresh = !view->since_mono || console->now_mono - view->since_mono < 60000;
    return fresh ? g_strdup(console_text(console, key)) : g_strdup_printf("%s · %s", console_text(console, key), time);
}

/* Paused by the advisor, or, with ready wanted, by a problem until it is gone. */
void console_paused(const Console *console, Rect area)
{
    const Theme *theme = console->theme;
    gboolean waits = console->view->ready_wanted;
    g_autofree char *title = waits ? g_strdup(console_text(console, "problem_title")) : pause_title(console);
    console_own_column(console, rect_cut_right(&area, RIGHT_COLUMN, LAYOUT_GAP), TRUE);
    Rect inner = console_card(console, "paused", area);
    heading(console, &inner, waits ? ICON_WARNING : pause_icon(console->view->pause_reason), theme->warn_fill, theme->on_warn, title,
            pause_line(console));
    if (waits) {
        pause_buttons(console, &inner);
    } else {
        pause_choices(console, rect_cut_bottom(&inner, SECOND_ROW, 14));
        ready_button(console, rect_cut_bottom(&inner, 100, 16));
    }
    stats(console, rect_cut_top(&inner, MIN(STAT_HEIGHT, inner.h), 14));
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
    stats(console, rect_cut_top(&inner, STAT_HEIGHT, 14));
    topic_bars(console, inner);
}
