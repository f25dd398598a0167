#include "studio/console_parts.h"

#include "studio/draw.h"

#include <string.h>

#define TOP_HEIGHT    64.0
#define QUEUE_HEIGHT  68.0
#define BANNER_HEIGHT 60.0
#define BANNER_ROWS   2
#define STRIP_HEIGHT  44.0

static void state_pill(const Console *console, Rect rect)
{
    static const struct {
        const char *key;
        Icon icon;
    } looks[] = {
        [VIEW_UNKNOWN] = {"state_starting", ICON_DOTS},  [VIEW_STARTING] = {"state_starting", ICON_DOTS},
        [VIEW_PAUSED] = {"state_paused", ICON_PAUSE},    [VIEW_READY] = {"state_ready", ICON_CHECK},
        [VIEW_RINGING] = {"state_ringing", ICON_ACCEPT}, [VIEW_CONNECTING] = {"state_connecting", ICON_DOTS},
        [VIEW_LIVE] = {"state_live", ICON_CAMERA},       [VIEW_WRAPUP] = {"state_wrapup", ICON_CLOCK},
    };
    const Theme *theme = console->theme;
    const View *view = console->view;
    guint32 fill = theme->raised, on = theme->text;
    if (view->state == VIEW_READY || view->state == VIEW_RINGING) fill = theme->good_fill, on = theme->on_good;
    if (view->state == VIEW_CONNECTING || view->state == VIEW_LIVE) fill = theme->danger_fill, on = theme->on_danger;
    if (view->state == VIEW_PAUSED) fill = theme->warn_fill, on = theme->on_warn;
    if (view->agent_gone) fill = theme->raised, on = theme->text;
    const char *word = console_text(console, view->agent_gone ? "state_gone" : looks[view->state].key);
    char key[64];
    g_snprintf(key, sizeof key, "pause_%s", view->pause_reason);
    gboolean reasoned = view->state == VIEW_PAUSED && !view->agent_gone && *view->pause_reason && text_has(console->text, "console", key);
    g_autofree char *both = reasoned ? g_strdup_printf("%s · %s", word, console_text(console, key)) : NULL;
    if (both && strcmp(word, console_text(console, key)) != 0) word = both;
    Icon icon = view->agent_gone ? ICON_RESTART : looks[view->state].icon;
    double width = draw_text_width(console->scene->fonts, STYLE_BUTTON, word) + 1;
    Rect pill = rect_centre(rect, width + 20 + 10 + 40, 40);
    scene_box(console->scene, pill, 20, fill);
    Rect inner = rect_inset(pill, 20, 0);
    scene_icon(console->scene, icon, rect_centre(rect_cut_left(&inner, 20, 10), 20, 20), on, fill);
    scene_text(console->scene, inner, STYLE_BUTTON, ALIGN_LEFT, on, fill, word);
}

static void top_bar(const Console *console, Rect rect)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    const View *view = console->view;
    scene_panel(scene, "top", rect, theme->surface);
    Rect inner = rect_inset(rect, LAYOUT_GAP, 0);
    Rect left = rect_cut_left(&inner, rect.w * 0.36, 0);
    Rect right = rect_cut_right(&inner, rect.w * 0.36, 0);
    console_badge(console, ICON_BRAND, rect_centre(rect_cut_left(&left, 40, 14), 40, 40), theme->accent_fill, theme->on_accent);
    g_autofree char *place = *view->store && *view->name ? g_strdup_printf("%s  ·  %s", view->name, view->store)
                                                         : g_strdup(*view->name    ? view->name
                                                                    : *view->store ? view->store
                                                                                   : "Livebooth");
    scene_words(
        scene,
        &(SceneItem){.rect = left, .style = STYLE_LABEL, .colour = theme->text, .on = theme->surface, .text = place, .foreign = TRUE});
    state_pill(console, inner);
    Rect clock = rect_cut_right(&right, 64, 20);
    scene_text(scene, clock, STYLE_CLOCK, ALIGN_RIGHT, theme->text, theme->surface, console->clock);
    if (view->state == VIEW_UNKNOWN || view->agent_gone) return;
    const char *line = console_text(console, view->link_up ? "link_up" : "link_down");
    guint32 colour = view->link_up ? theme->good : theme->danger;
    double width = draw_text_width(scene->fonts, STYLE_LABEL, line) + 1;
    scene_text(scene, rect_cut_right(&right, width, 10), STYLE_LABEL, ALIGN_LEFT, theme->text, theme->surface, line);
    scene_icon(scene, view->link_up ? ICON_LINE : ICON_LINE_OFF, rect_centre(rect_cut_right(&right, 22, 0), 22, 22), colour,
               theme->surface);
}

static void queue_chip(const Console *console, Rect *room, const ViewTopic *topic)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    if (!topic->waiting) return;
    g_autofree char *time = console_duration(console, view_topic_wait(console->view, topic, console->now_mono));
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT " · %s", topic->waiting, time);
    const char *word = console_word(console, "topic", topic->id);
    double word_width = draw_text_width(scene->fonts, STYLE_LABEL, word) + 1,
           number_width = draw_text_width(scene->fonts, STYLE_LABEL, number) + 1;
    double width = word_width + number_width + 8 + 28;
    if (width > room->w) {
        room->w = 0;
        return;
    }
    Rect chip = rect_centre(rect_cut_right(room, width, 10), width, 36);
    scene_box(scene, chip, 18, theme->raised);
    Rect inner = rect_inset(chip, 14, 0);
    scene_words(scene, &(SceneItem){.rect = rect_cut_left(&inner, word_width, 8),
                                    .style = STYLE_LABEL,
                                    .colour = theme->text_soft,
                                    .on = theme->raised,
                                    .text = (char *)word});
    scene_text(scene, inner, STYLE_LABEL, ALIGN_LEFT, theme->text, theme->raised, number);
}

/* From the right, who waits longest first: where there is no room for all, those are seen. */
static void queue_chips(const Console *console, Rect *inner)
{
    const View *view = console->view;
    gboolean shown[VIEW_TOPICS_MAX] = {FALSE};
    for (guint n = 0; n < view->topic_count; n++) {
        guint first = view->topic_count;
        for (guint i = 0; i < view->topic_count; i++) {
            if (!shown[i] && (first == view->topic_count || view->topics[i].oldest_ms > view->topics[first].oldest_ms)) first = i;
        }
        shown[first] = TRUE;
        queue_chip(console, inner, &view->topics[first]);
    }
}

/* How many of the hour's shoppers were answered in time. */
static void queue_level(const Console *console, Rect *inner, guint32 on)
{
    const View *view = console->view;
    if (!view->within_ms || view_percent(&view->service) < 0) return;
    double width = console_level(console, *inner, STYLE_BUTTON, &view->service, on);
    rect_cut_left(inner, width, 26);
}

/* In the whole strip's colour, so that it is seen from the corner of an eye; said in words, too. */
static void queue_alert(const Console *console, Rect rect, Rect inner)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    const View *view = console->view;
    scene_box(scene, rect, 0, theme->warn_fill);
    scene_icon(scene, ICON_BELL, rect_centre(rect_cut_left(&inner, 26, 14), 26, 26), theme->on_warn, theme->warn_fill);
    g_autofree char *count = text_count(console->text, "console", "queue", view->waiting);
    g_autofree char *time = console_duration(console, view_longest_wait(view, console->now_mono));
    g_autofree char *words = text_format(console->text, "console", "queue_alert", "count", count, "time", time, NULL);
    double width = MIN(draw_text_width(scene->fonts, STYLE_BUTTON, words) + 1, inner.w);
    scene_text(scene, rect_cut_left(&inner, width, 24), STYLE_BUTTON, ALIGN_LEFT, theme->on_warn, theme->warn_fill, words);
    if (view->within_ms && inner.w > 96) {
        Rect pill = rect_centre(rect_cut_left(&inner, 96, 14), 96, 36);
        scene_box(scene, pill, 18, theme->raised);
        console_level(console, rect_inset(pill, 14, 0), STYLE_LABEL, &view->service, theme->raised);
    }
    queue_chips(console, &inner);
}

/* What operations say, or that they look: before everything else that the strip shows. */
static void notice_strip(const Console *console, Rect rect, Rect inner)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    const View *view = console->view;
    g_autofree char *words = view->notice_picture ? g_strdup(console_text(console, "notice_picture"))
                                                  : g_strdup_printf("%s: %s", console_text(console, "notice_title"), view->notice);
    scene_box(scene, rect, 0, theme->warn_fill);
    scene_icon(scene, ICON_BELL, rect_centre(rect_cut_left(&inner, 26, 14), 26, 26), theme->on_warn, theme->warn_fill);
    scene_text(scene, inner, STYLE_BUTTON, ALIGN_LEFT, theme->on_warn, theme->warn_fill, words);
}

static void queue_strip(const Console *console, Rect rect)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    const View *view = console->view;
    scene_panel(scene, "queue", rect, theme->surface);
    Rect inner = rect_inset(rect, LAYOUT_GAP + 4, 0);
    Rect button =
        console_may_have_products(console) ? rect_inset(rect_cut_right(&inner, 248, 20), 0, (rect.h - LAYOUT_TOUCH) / 2) : (Rect){0};
    if ((view->notice && *view->notice) || view->notice_picture) {
        notice_strip(console, rect, inner);
        if (button.w > 0) console_products_button(console, button, FALSE);
        return;
    }
    if (view->alert && view->link_up && view->waiting) {
        queue_alert(console, rect, inner);
        if (button.w > 0) console_products_button(console, button, FALSE);
        return;
    }
    if (button.w > 0) console_products_button(console, button, FALSE);
    scene_icon(scene, ICON_PEOPLE, rect_centre(rect_cut_left(&inner, 26, 14), 26, 26), theme->text_soft, theme->surface);
    if (!view->link_up) {
        scene_text(scene, inner, STYLE_LABEL, ALIGN_LEFT, theme->text, theme->surface,
                   console_text(console, view->agent_gone || view->state == VIEW_UNKNOWN ? "queue_gone" : "queue_unknown"));
        return;
    }
    g_autofree char *count =
        view->waiting ? text_count(console->text, "console", "queue", view->waiting) : g_strdup(console_text(console, "queue_none"));
    double width = draw_text_width(scene->fonts, STYLE_BUTTON, count) + 1;
    scene_text(scene, rect_cut_left(&inner, width, 24), STYLE_BUTTON, ALIGN_LEFT, theme->text, theme->surface, count);
    if (view->waiting) {
        g_autofree char *time = console_duration(console, view_longest_wait(view, console->now_mono));
        width = draw_text_width(scene->fonts, STYLE_BUTTON, time) + 1;
        scene_icon(scene, ICON_CLOCK, rect_centre(rect_cut_left(&inner, 22, 8), 22, 22), theme->text_soft, theme->surface);
        scene_text(scene, rect_cut_left(&inner, width, 24), STYLE_BUTTON, ALIGN_LEFT, theme->text, theme->surface, time);
    }
    queue_level(console, &inner, theme->surface);
    queue_chips(console, &inner);
}

static void banner_row(const Console *console, Rect rect, gboolean error, Icon icon, const char *title, const char *what, const char *more)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    guint32 fill = error ? theme->danger_fill : theme->warn_fill, on = error ? theme->on_danger : theme->on_warn;
    scene_box(scene, rect, 14, fill);
    Rect inner = rect_inset(rect, 18, 0);
    scene_icon(scene, icon, rect_centre(rect_cut_left(&inner, 28, 14), 28, 28), on, fill);
    if (more)
        scene_text(scene, rect_cut_right(&inner, draw_text_width(scene->fonts, STYLE_LABEL, more) + 1, 14), STYLE_LABEL, ALIGN_RIGHT, on,
                   fill, more);
    double width = MIN(draw_text_width(scene->fonts, STYLE_BUTTON, title) + 1, inner.w);
    scene_text(scene, rect_cut_left(&inner, width, 18), STYLE_BUTTON, ALIGN_LEFT, on, fill, title);
    scene_text(scene, inner, STYLE_LABEL, ALIGN_LEFT, on, fill, what);
}

static void problem_row(const Console *console, Rect rect, const ViewProblem *problem, guint more)
{
    char title[64], what[64], number[16];
    g_snprintf(title, sizeof title, "problem_%s", problem->name);
    g_snprintf(what, sizeof what, "do_%s", problem->name);
    gboolean known = text_has(console->text, "console", title);
    g_autofree char *other = text_format(console->text, "console", "problem_other", "name", problem->name, NULL);
    g_snprintf(number, sizeof number, "%u", more);
    g_autofree char *rest = more ? text_format(console->text, "console", "problem_more", "n", number, NULL) : NULL;
    banner_row(console, rect, problem->error, ICON_WARNING, known ? console_text(console, title) : other,
               console_text(console, known ? what : "do_other"), rest);
}

/* Nobody may take practice for a call, nor a call for practice. */
static void practice_strip(const Console *console, Rect *area)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    Rect rect = rect_cut_top(area, STRIP_HEIGHT, LAYOUT_GAP - 4);
    scene_panel(scene, "practice", rect, theme->background);
    scene_box(scene, rect, 14, theme->accent_fill);
    Rect inner = rect_inset(rect, 18, 0);
    scene_icon(scene, ICON_TRAINING, rect_centre(rect_cut_left(&inner, 26, 14), 26, 26), theme->on_accent, theme->accent_fill);
    const char *title = console_text(console, "practice_title");
    double width = MIN(draw_text_width(scene->fonts, STYLE_BUTTON, title) + 1, inner.w);
    scene_text(scene, rect_cut_left(&inner, width, 18), STYLE_BUTTON, ALIGN_LEFT, theme->on_accent, theme->accent_fill, title);
    scene_text(scene, inner, STYLE_LABEL, ALIGN_LEFT, theme->on_accent, theme->accent_fill, console_text(console, "practice_line"));
}

/* Errors before warnings; at most two in sight, with a shopper one, because the picture matters more. The checks say it themselves. */
static void banner(const Console *console, Rect *area)
{
    const View *view = console->view;
    if (view->practice && !view->agent_gone) {
        practice_strip(console, area);
        return;
    }
    gboolean own_screen = view->state == VIEW_STARTING || view->checking || view->ending || (view->agent_gone && !view->in_call);
    if (own_screen || (!view->problem_count && !view->agent_gone)) return;
    gboolean busy = view->in_call || view->state == VIEW_WRAPUP;
    guint rows = view->agent_gone ? 1 : MIN(view->problem_count, busy ? 1 : BANNER_ROWS);
    Rect rect = rect_cut_top(area, rows * (BANNER_HEIGHT + 8) - 8, LAYOUT_GAP - 4);
    scene_panel(console->scene, "banner", rect, console->theme->background);
    if (view->agent_gone) {
        banner_row(console, rect, FALSE, ICON_RESTART, console_text(console, "gone_title"), console_text(console, "gone_call"), NULL);
        return;
    }
    guint shown = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (guint i = 0; i < view->problem_count && shown < rows; i++) {
            if (view->problems[i].error != (pass == 0)) continue;
            guint more = shown == rows - 1 ? view->problem_count - rows : 0;
            problem_row(console, rect_row(rect, rows, shown++, 8), &view->problems[i], more);
        }
    }
}

static void state_area(const Console *console, Rect area)
{
    const View *view = console->view;
    if (view->state == VIEW_UNKNOWN) {
        console_boot(console, area);
        return;
    }
    if (view->agent_gone && !view->in_call) {
        console_gone(console, area);
        return;
    }
    if (view->ending) {
        console_ending(console, area);
        return;
    }
    if (view->checking) {
        (console->service ? console_service : console_checks)(console, area);
        return;
    }
    if (console_has_products(console) && !view->in_call) {
        console_own_column(console, rect_cut_right(&area, RIGHT_COLUMN, LAYOUT_GAP), TRUE);
        console_products(console, area);
        return;
    }
    switch (view->state) {
    case VIEW_PAUSED: console_paused(console, area); break;
    case VIEW_READY: console_ready(console, area); break;
    case VIEW_RINGING: console_ringing(console, area); break;
    case VIEW_CONNECTING:
    case VIEW_LIVE: console_call(console, area); break;
    case VIEW_WRAPUP: console_wrapup(console, area); break;
    default: console_checks(console, area); break;
    }
}

void console_build(const Console *console, double width, double height)
{
    scene_clear(console->scene, width, height, console->theme->background);
    Rect area = {0, 0, width, height};
    top_bar(console, rect_cut_top(&area, TOP_HEIGHT, LAYOUT_GAP));
    queue_strip(console, rect_cut_bottom(&area, QUEUE_HEIGHT, LAYOUT_GAP));
    area = rect_inset(area, LAYOUT_GAP, 0);
    banner(console, &area);
    state_area(console, area);
    scene_end(console->scene);
}
