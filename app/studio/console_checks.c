/* The self-test: what a call needs, each with a plain word, and what to do where something is wrong. Shown while the booth starts, and
 * whenever the advisor asks for it. */
#include "studio/console_parts.h"

#include "studio/draw.h"

#include <SDL2/SDL_keycode.h>

#define COLUMNS    2
#define CELL_MOST  112.0
#define CELL_GAP   12.0
#define BUTTON_ROW 60.0
#define METER_ROW  22.0

static const struct {
    const char *name;
    Icon icon;
} devices[DEVICES] = {
    [DEVICE_NETWORK] = {"network", ICON_LINE},
    [DEVICE_ENROLMENT] = {"enrolment", ICON_CHECKLIST},
    [DEVICE_LINK] = {"link", ICON_ACCEPT},
    [DEVICE_CAMERA_FACE] = {"camera_face", ICON_FACE},
    [DEVICE_CAMERA_PRODUCT] = {"camera_product", ICON_PRODUCT},
    [DEVICE_MICROPHONE] = {"microphone", ICON_MIC},
    [DEVICE_SPEAKER] = {"speaker", ICON_SPEAKER},
    [DEVICE_DEMO] = {"demo", ICON_SCREEN},
    [DEVICE_STORAGE] = {"storage", ICON_STORAGE},
    [DEVICE_CLOCK] = {"clock", ICON_CLOCK},
};

static const struct {
    const char *word;
    Icon icon;
} looks[] = {
    [CHECK_UNKNOWN] = {"unknown", ICON_DOTS}, [CHECK_OK] = {"ok", ICON_CHECK},     [CHECK_SIMULATED] = {"simulated", ICON_CHECK},
    [CHECK_UNUSED] = {"unused", ICON_MINUS},  [CHECK_BAD] = {"bad", ICON_WARNING},
};

static guint32 check_colour(const Theme *theme, ViewCheck check)
{
    return check == CHECK_BAD ? theme->danger : check == CHECK_OK || check == CHECK_SIMULATED ? theme->good : theme->text_soft;
}

static const char *state_word(const Console *console, ViewCheck check)
{
    char key[32];
    g_snprintf(key, sizeof key, "check_word_%s", looks[check].word);
    return console_text(console, key);
}

/* What is not in use may be worth a word, too: unused_NAME. */
static gboolean is_explained(const Console *console, ViewDevice device)
{
    char key[80];
    g_snprintf(key, sizeof key, "unused_%s", devices[device].name);
    return text_has(console->text, "console", key);
}

/* What works how, in a few words, or what to do. */
static const char *explain(const Console *console, ViewDevice device)
{
    char key[80];
    if (g_strcmp0(console->view->check_problems[device], "booth_txt_wrong") == 0 && *console->view->mistake) return console->view->mistake;
    if (console->view->checks[device] == CHECK_UNUSED && is_explained(console, device)) {
        g_snprintf(key, sizeof key, "unused_%s", devices[device].name);
        return console_text(console, key);
    }
    if (console->view->checks[device] == CHECK_BAD) {
        g_snprintf(key, sizeof key, "do_%s", console->view->check_problems[device]);
        return console_text(console, text_has(console->text, "console", key) ? key : "do_other");
    }
    g_snprintf(key, sizeof key, "proof_%s", devices[device].name);
    return console_text(console, key);
}

void console_check_row(const Console *console, Rect row, ViewDevice device)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    ViewCheck check = console->view->checks[device];
    const char *state = state_word(console, check);
    scene_icon(scene, devices[device].icon, rect_centre(rect_cut_left(&row, 22, 12), 22, 22), theme->text_soft, theme->surface);
    scene_text(scene, rect_cut_right(&row, draw_text_width(scene->fonts, STYLE_SMALL, state) + 1, 8), STYLE_SMALL, ALIGN_RIGHT,
               check == CHECK_BAD ? theme->danger : theme->text, theme->surface, state);
    scene_icon(scene, looks[check].icon, rect_centre(rect_cut_right(&row, 18, 8), 18, 18), check_colour(theme, check), theme->surface);
    scene_text(scene, row, STYLE_SMALL, ALIGN_LEFT, theme->text_soft, theme->surface, console_word(console, "check", devices[device].name));
}

static void cell(const Console *console, Rect rect, ViewDevice device)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    ViewCheck check = console->view->checks[device];
    guint32 colour = check_colour(theme, check);
    gboolean bad = check == CHECK_BAD;
    char name[SCENE_ID_MAX];
    g_snprintf(name, sizeof name, "check_%s", devices[device].name);
    if (bad)
        scene_frame(scene, rect, 14, theme->raised, theme->danger, 2);
    else
        scene_box(scene, rect, 14, theme->raised);
    Rect inner = rect_inset(rect, 16, 10);
    scene_icon(scene, devices[device].icon, rect_centre(rect_cut_left(&inner, 30, 14), 30, 30), theme->text_soft, theme->raised);
    double line = draw_line_height(scene->fonts, STYLE_BUTTON), small = draw_line_height(scene->fonts, STYLE_SMALL);
    gboolean metered = device == DEVICE_MICROPHONE && console->view->checking && !bad; /* its owner sees whether it hears */
    guint lines = !metered && inner.h >= line + 4 + 2 * small ? 2 : 1;
    g_autofree char *words = g_strdup_printf("%s · %s", state_word(console, check), explain(console, device));
    if (check == CHECK_UNKNOWN || (check == CHECK_UNUSED && !is_explained(console, device)))
        words = (g_free(words), g_strdup(state_word(console, check)));
    double body = MIN(lines * small, draw_text_height(scene->fonts, STYLE_SMALL, words, inner.w));
    Rect block = rect_centre(inner, inner.w, line + 4 + body + (metered ? METER_ROW + 2 : 0));
    Rect head = rect_cut_top(&block, line, 4);
    scene_icon(scene, looks[check].icon, rect_centre(rect_cut_right(&head, 20, 12), 20, 20), colour, theme->raised);
    scene_text(scene, head, STYLE_BUTTON, ALIGN_LEFT, theme->text, theme->raised, console_word(console, "check", devices[device].name));
    if (metered) console_meter(console, rect_cut_bottom(&block, METER_ROW, 2), METER_OWN, theme->raised);
    scene_words(scene, &(SceneItem){.rect = block,
                                    .style = STYLE_SMALL,
                                    .colour = bad ? theme->text : theme->text_soft,
                                    .on = theme->raised,
                                    .text = words,
                                    .lines = lines,
                                    .top = TRUE});
}

static void cells(const Console *console, Rect rect)
{
    const guint rows = (DEVICES + COLUMNS - 1) / COLUMNS;
    double height = MIN(CELL_MOST, (rect.h - CELL_GAP * (rows - 1)) / rows);
    for (guint i = 0; i < DEVICES; i++) {
        Rect column = rect_column(rect, COLUMNS, i % COLUMNS, CELL_GAP);
        const guint row = i / COLUMNS;
        cell(console, (Rect){column.x, column.y + (height + CELL_GAP) * row, column.w, height}, i);
    }
}

static guint count_of(const View *view, ViewCheck check)
{
    guint count = 0;
    for (guint i = 0; i < DEVICES; i++) count += view->checks[i] == check;
    return count;
}

static void buttons(const Console *console, Rect card)
{
    Rect column = console_card(console, "check_buttons", card);
    Button again = console_plain_button(console, "check_again", console_text(console, "check_again"));
    again.icon = ICON_SPEAKER;
    again.keycap = "F2";
    again.key = SDLK_F2;
    again.wish = "check";
    again.argument = "on";
    again.disabled = console->view->agent_gone;
    Button back = console_plain_button(console, "check_close", console_text(console, "check_close"));
    back.icon = ICON_CHECK;
    back.keycap = "F1";
    back.key = SDLK_F1;
    back.wish = "check";
    back.argument = "off";
    back.fill = console->theme->accent_fill;
    back.on = console->theme->on_accent;
    back.line = SCENE_NO_COLOUR;
    back.disabled = console->view->agent_gone;
    Button service = console_plain_button(console, "service_open", console_text(console, "service_title"));
    service.icon = ICON_STORAGE;
    service.keycap = "F3";
    service.key = SDLK_F3;
    service.wish = "service";
    service.argument = "open";
    service.disabled = console->view->agent_gone;
    console_button(console, rect_row(column, 3, 0, CELL_GAP), &again);
    console_button(console, rect_row(column, 3, 1, CELL_GAP), &service);
    console_button(console, rect_row(column, 3, 2, CELL_GAP), &back);
}

/* Why the centre does not know this booth stands above everything: its cell has room for what to do alone. */
static const char *checks_line(const Console *console)
{
    const View *view = console->view;
    char key[80];
    g_snprintf(key, sizeof key, "problem_%s", view->check_problems[DEVICE_ENROLMENT]);
    if (view->checks[DEVICE_ENROLMENT] == CHECK_BAD && text_has(console->text, "console", key)) return console_text(console, key);
    const char *line = count_of(view, CHECK_BAD) ? "checks_bad" : count_of(view, CHECK_UNKNOWN) ? "starting_line" : "checks_fine";
    return console_text(console, line);
}

void console_checks(const Console *console, Rect area)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    const View *view = console->view;
    gboolean starts = view->state != VIEW_PAUSED;
    Rect column = rect_cut_right(&area, RIGHT_COLUMN, LAYOUT_GAP);
    if (!starts) buttons(console, rect_cut_bottom(&column, 3 * BUTTON_ROW + 2 * (CARD_PADDING + CELL_GAP), LAYOUT_GAP));
    console_own_column(console, column, FALSE);
    Rect inner = console_card(console, "checks", area);
    scene_text(scene, rect_cut_top(&inner, 42, 4), STYLE_TITLE, ALIGN_LEFT, theme->text, theme->surface,
               console_text(console, starts ? "starting_title" : "checks_title"));
    scene_text(scene, rect_cut_top(&inner, 26, 16), STYLE_BODY, ALIGN_LEFT, theme->text_soft, theme->surface, checks_line(console));
    cells(console, inner);
}
