/* What a store's IT, or an advisor whom support asks for it, does to the booth itself: support bundle, restart, factory reset. From the
 * check of the booth, thus from a pause only. */
#include "studio/console_parts.h"

#include "studio/draw.h"

#include <SDL2/SDL_keycode.h>
#include <string.h>

#define BUTTON_WIDTH 330.0
#define ROW_MOST     124.0
#define ROW_GAP      16.0
#define ANSWER_ROW   84.0
#define WORDS_MOST   900.0

static Button service_button(const Console *console, const char *id, Icon icon, const char *argument)
{
    Button button = console_plain_button(console, id, console_text(console, id));
    button.icon = icon;
    button.wish = "service";
    button.argument = argument;
    button.disabled = console->view->agent_gone;
    return button;
}

static void look_final(Button *button, guint32 fill, guint32 on)
{
    button->fill = fill;
    button->on = on;
    button->line = SCENE_NO_COLOUR;
}

/* How it stands with the bundle, else what it is. */
static const char *bundle_line(const Console *console)
{
    static const char *const keys[] = {
        [BUNDLE_NONE] = "service_bundle_line",
        [BUNDLE_MAKING] = "service_bundle_making",
        [BUNDLE_DONE] = "service_bundle_done",
        [BUNDLE_FAILED] = "service_bundle_failed",
    };
    return console_text(console, keys[console->view->bundle]);
}

static void service_row(const Console *console, Rect row, const Button *button, const char *line, guint32 colour)
{
    const Theme *theme = console->theme;
    scene_box(console->scene, row, 14, theme->raised);
    Rect inner = rect_inset(row, 16, 14);
    console_button(console, rect_cut_left(&inner, BUTTON_WIDTH, 24), button);
    scene_words(console->scene, &(SceneItem){.rect = inner,
                                             .style = STYLE_BODY,
                                             .colour = colour,
                                             .on = theme->raised,
                                             .text = (char *)line,
                                             .lines = (guint)(inner.h / draw_line_height(console->scene->fonts, STYLE_BODY))});
}

static void service_rows(const Console *console, Rect rect)
{
    const Theme *theme = console->theme;
    const View *view = console->view;
    Button bundle = service_button(console, "service_bundle", ICON_STORAGE, "bundle");
    Button restart = service_button(console, "service_restart", ICON_RESTART, "restart");
    Button reset = service_button(console, "service_reset", ICON_WARNING, "confirm");
    bundle.disabled |= !view->serviceable || view->bundle == BUNDLE_MAKING;
    restart.disabled |= !view->serviceable;
    reset.disabled |= !view->serviceable;
    rect.h = MIN(rect.h, 3 * ROW_MOST + 2 * ROW_GAP);
    service_row(console, rect_row(rect, 3, 0, ROW_GAP), &bundle, bundle_line(console),
                view->bundle == BUNDLE_NONE ? theme->text_soft : theme->text);
    service_row(console, rect_row(rect, 3, 1, ROW_GAP), &restart, console_text(console, "service_restart_line"), theme->text_soft);
    service_row(console, rect_row(rect, 3, 2, ROW_GAP), &reset, console_text(console, "service_reset_line"), theme->text_soft);
}

static void service_menu(const Console *console, Rect inner)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    const View *view = console->view;
    const char *line = !view->serviceable ? "service_elsewhere" : view->stuck ? "service_stuck" : "service_line";
    Button close = service_button(console, "service_close", ICON_CHECK, "close");
    close.label = console_text(console, "check_close");
    close.keycap = "F1";
    close.key = SDLK_F1;
    look_final(&close, theme->accent_fill, theme->on_accent);
    Rect end = rect_cut_bottom(&inner, LAYOUT_TOUCH + 16, ROW_GAP);
    scene_text(scene, rect_cut_top(&inner, 42, 4), STYLE_TITLE, ALIGN_LEFT, theme->text, theme->surface,
               console_text(console, "service_title"));
    scene_text(scene, rect_cut_top(&inner, 26, ROW_GAP), STYLE_BODY, ALIGN_LEFT, theme->text_soft, theme->surface,
               console_text(console, line));
    service_rows(console, inner);
    console_button(console, end, &close);
}

/* The answer that keeps everything has the key; the other one has none of its own. */
static void service_confirm(const Console *console, Rect inner)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    const View *view = console->view;
    char number[24];
    g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT, view->unsent);
    g_autofree char *lost = text_format(console->text, "console", "service_unsent", "n", number, NULL);
    g_autofree char *words = g_strdup_printf("%s %s", console_text(console, "service_sure_line"), view->unsent ? lost : "");
    Button keep = service_button(console, "service_keep", ICON_CHECK, "open"),
           erase = service_button(console, "service_erase", ICON_WARNING, "reset");
    keep.keycap = "F1";
    keep.key = SDLK_F1;
    look_final(&keep, theme->accent_fill, theme->on_accent);
    look_final(&erase, theme->danger_fill, theme->on_danger);
    Rect answers = rect_cut_bottom(&inner, ANSWER_ROW, ROW_GAP);
    console_button(console, rect_column(answers, 2, 0, 2 * ROW_GAP), &keep);
    console_button(console, rect_column(answers, 2, 1, 2 * ROW_GAP), &erase);
    double width = MIN(inner.w, WORDS_MOST),
           heading = draw_text_height(scene->fonts, STYLE_TITLE, console_text(console, "service_sure"), width);
    double body = draw_text_height(scene->fonts, STYLE_BODY, words, width);
    Rect block = rect_centre(inner, width, MIN(inner.h, 88 + 24 + heading + 12 + body));
    console_badge(console, ICON_WARNING, rect_centre(rect_cut_top(&block, 88, 24), 88, 88), theme->danger_fill, theme->on_danger);
    scene_words(scene, &(SceneItem){.rect = rect_cut_top(&block, heading, 12),
                                    .style = STYLE_TITLE,
                                    .align = ALIGN_CENTRE,
                                    .colour = theme->text,
                                    .on = theme->surface,
                                    .text = (char *)console_text(console, "service_sure"),
                                    .lines = 2});
    scene_words(scene, &(SceneItem){.rect = block,
                                    .style = STYLE_BODY,
                                    .align = ALIGN_CENTRE,
                                    .colour = theme->text,
                                    .on = theme->surface,
                                    .text = words,
                                    .lines = 6});
}

void console_service(const Console *console, Rect area)
{
    gboolean sure = console->service == SERVICE_CONFIRM && console->view->serviceable;
    Rect inner = console_card(console, sure ? "service_confirm" : "service", area);
    if (sure)
        service_confirm(console, inner);
    else
        service_menu(console, inner);
}

void console_ending(const Console *console, Rect area)
{
    gboolean resets = console->view->ending == ENDING_RESET;
    console_message(console, area, resets ? ICON_WARNING : ICON_RESTART, console_text(console, resets ? "ending_reset" : "ending_restart"),
                    console_text(console, resets ? "ending_reset_line" : "ending_restart_line"));
}
