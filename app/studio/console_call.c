/* The screens with a shopper: ringing, connecting and live. */
#include "studio/console_parts.h"

#include "studio/draw.h"

#include <SDL2/SDL_keycode.h>

#define CONTROLS_HEIGHT 88.0
#define CALL_COLUMN     364.0
#define STAGE_EDGE      8.0
#define MUTE_WIDTH      332.0
#define METERS_WIDTH    216.0
#define METER_LABEL     80.0
#define END_WIDTH       228.0
#define RING_SIZE       250.0
#define BUBBLE_PADDING  12.0
#define FACTS_LEAST     160.0 /* room in which the call's topic is worth telling */
#define LINK_CHARACTERS 48

static void fact(const Console *console, Rect rect, const char *label, const char *value, gboolean foreign)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    scene_text(scene, rect_cut_top(&rect, 22, 2), STYLE_SMALL, ALIGN_LEFT, theme->text_soft, theme->surface, label);
    guint lines = foreign && rect.h >= 2 * draw_line_height(scene->fonts, STYLE_HEADING) ? 2 : 1;
    scene_words(scene, &(SceneItem){.rect = rect,
                                    .style = STYLE_HEADING,
                                    .colour = theme->text,
                                    .on = theme->surface,
                                    .text = (char *)value,
                                    .lines = lines,
                                    .top = TRUE,
                                    .foreign = foreign});
}

static void ringing_countdown(const Console *console, Rect rect)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    const View *view = console->view;
    scene_panel(scene, "countdown", rect, theme->surface);
    char seconds[24];
    g_snprintf(seconds, sizeof seconds, "%" G_GINT64_FORMAT, view_seconds_left(view->ring_until_mono, console->now_mono));
    scene_ring(scene, rect_inset(rect, 4, 4), 14, theme->good, theme->raised,
               view_part_left(view->since_mono, view->ring_until_mono, console->now_mono));
    Rect block = rect_centre(rect, rect.w - 56, 94);
    scene_text(scene, rect_cut_top(&block, 66, 4), STYLE_NUMBER, ALIGN_CENTRE, theme->text, theme->surface, seconds);
    scene_text(scene, block, STYLE_LABEL, ALIGN_CENTRE, theme->text_soft, theme->surface, console_text(console, "ringing_seconds"));
}

static void ringing_buttons(const Console *console, Rect row)
{
    const Theme *theme = console->theme;
    Button accept = console_plain_button(console, "accept", console_text(console, "button_accept"));
    accept.icon = ICON_ACCEPT;
    accept.keycap = "F1";
    accept.key = SDLK_F1;
    accept.wish = "accept";
    accept.fill = theme->good_fill;
    accept.on = theme->on_good;
    accept.line = SCENE_NO_COLOUR;
    accept.style = STYLE_BUTTON_BIG;
    Button decline = console_plain_button(console, "decline", console_text(console, "button_decline"));
    decline.icon = ICON_CROSS;
    decline.keycap = "F2";
    decline.key = SDLK_F2;
    decline.wish = "decline";
    decline.style = STYLE_BUTTON_BIG;
    Rect left = rect_cut_left(&row, (row.w - LAYOUT_GAP) * 0.6, LAYOUT_GAP);
    console_button(console, left, &accept);
    console_button(console, row, &decline);
}

/* That it rings, and whether the shopper has spoken with an advisor before. */
static void ringing_title(const Console *console, Rect row)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    gboolean before = console->view->before;
    const char *title = console_text(console, "ringing_title"), *words = console_text(console, before ? "ringing_before" : "ringing_first");
    scene_text(scene, rect_cut_left(&row, draw_text_width(scene->fonts, STYLE_LABEL, title) + 1, 16), STYLE_LABEL, ALIGN_LEFT, theme->good,
               theme->surface, title);
    if (console->view->practice) return;
    double width = MIN(draw_text_width(scene->fonts, STYLE_SMALL, words) + 1 + 18 + 8 + 28, row.w);
    Rect pill = rect_cut_left(&row, width, 0);
    scene_box(scene, pill, pill.h / 2, theme->raised);
    Rect inner = rect_inset(pill, 14, 0);
    scene_icon(scene, before ? ICON_RESTART : ICON_SPARK, rect_centre(rect_cut_left(&inner, 18, 8), 18, 18), theme->accent, theme->raised);
    scene_text(scene, inner, STYLE_SMALL, ALIGN_LEFT, theme->text, theme->raised, words);
}

void console_ringing(const Console *console, Rect area)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    const View *view = console->view;
    console_own_column(console, rect_cut_right(&area, RIGHT_COLUMN, LAYOUT_GAP), TRUE);
    Rect inner = rect_inset(console_card(console, "ringing", area), 8, 4);
    scene_frame(scene, area, CARD_RADIUS, SCENE_NO_COLOUR, theme->good, 4);
    ringing_buttons(console, rect_cut_bottom(&inner, 120, 24));
    Rect side = rect_cut_right(&inner, RING_SIZE, 32);
    double height = 34 + 10 + 70 + 16 + 62 + 16 + 92 + 26;
    inner = rect_centre(inner, inner.w, MIN(height, inner.h));
    ringing_title(console, rect_cut_top(&inner, 34, 10));
    scene_text(scene, rect_cut_top(&inner, 70, 16), STYLE_NUMBER, ALIGN_LEFT, theme->text, theme->surface,
               console_word(console, "topic", view->topic));
    g_autofree char *waited = console_duration(console, view->waited_ms);
    Rect facts = rect_cut_top(&inner, 62, 16);
    fact(console, rect_column(facts, 2, 0, LAYOUT_GAP), console_text(console, "ringing_language"),
         console_word(console, "language", view->language), FALSE);
    fact(console, rect_column(facts, 2, 1, LAYOUT_GAP), console_text(console, "ringing_waited"), waited, FALSE);
    gboolean product = *view->product_title != '\0';
    double line = draw_line_height(scene->fonts, STYLE_HEADING),
           title = product ? draw_text_height(scene->fonts, STYLE_HEADING, view->product_title, inner.w) : 0;
    g_autofree char *link = view_short_link(view->product, LINK_CHARACTERS);
    fact(console, rect_cut_top(&inner, title > 1.5 * line ? 92 : 62, 0), console_text(console, "ringing_product"),
         product ? view->product_title
         : *link ? link
                 : console_text(console, "ringing_no_product"),
         product);
    if (product && *link && inner.h >= 24)
        scene_words(scene, &(SceneItem){.rect = rect_cut_top(&inner, 26, 0),
                                        .style = STYLE_SMALL,
                                        .colour = theme->text_soft,
                                        .on = theme->surface,
                                        .text = link,
                                        .foreign = TRUE});
    double ring = MIN(RING_SIZE, side.h);
    ringing_countdown(console, rect_centre(side, ring, ring));
}

static void stage(const Console *console, Rect rect)
{
    const View *view = console->view;
    if (console->shopper_visible) {
        scene_box(console->scene, rect, 0, console->theme->stage);
        scene_picture(console->scene, PICTURE_SHOPPER, rect);
    } else if (view->media == MEDIA_LOST || view->line == LINE_LOST) {
        console_placeholder(console, rect, ICON_LINE_OFF, console_text(console, "lost_title"), console_text(console, "lost_line"));
    } else if (view->state == VIEW_CONNECTING || view->media == MEDIA_CONNECTING || view->media == MEDIA_NONE) {
        console_placeholder(console, rect, ICON_DOTS, console_text(console, "connecting_title"), console_text(console, "connecting_line"));
    } else {
        console_placeholder(console, rect, ICON_FACE, console_text(console, "no_picture_title"), console_text(console, "no_picture_line"));
    }
}

static void call_facts(const Console *console, Rect rect)
{
    static const struct {
        const char *key;
        Icon icon;
    } lines[] = {
        [LINE_UNKNOWN] = {"line_unknown", ICON_DOTS}, [LINE_GOOD] = {"line_good", ICON_LINE},     [LINE_FAIR] = {"line_fair", ICON_LINE},
        [LINE_POOR] = {"line_poor", ICON_WARNING},    [LINE_LOST] = {"line_lost", ICON_LINE_OFF},
    };
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    const View *view = console->view;
    guint32 colour = view->line >= LINE_POOR   ? theme->danger
                     : view->line == LINE_FAIR ? theme->warn
                     : view->line == LINE_GOOD ? theme->good
                                               : theme->text_soft;
    g_autofree char *elapsed = view->accepted_mono ? console_clock(console->now_mono - view->accepted_mono) : g_strdup("–");
    const char *line = console_text(console, lines[view->line].key);
    scene_text(scene, rect_cut_right(&rect, 84, 20), STYLE_CLOCK, ALIGN_RIGHT, theme->text, theme->surface, elapsed);
    scene_text(scene, rect_cut_right(&rect, draw_text_width(scene->fonts, STYLE_LABEL, line) + 1, 8), STYLE_LABEL, ALIGN_LEFT, theme->text,
               theme->surface, line);
    scene_icon(scene, lines[view->line].icon, rect_centre(rect_cut_right(&rect, 22, 20), 22, 22), colour, theme->surface);
    if (rect.w < FACTS_LEAST) return;
    g_autofree char *what =
        g_strdup_printf("%s  ·  %s", console_word(console, "topic", view->topic), console_word(console, "language", view->language));
    double width = MIN(draw_text_width(scene->fonts, STYLE_BUTTON, what) + 1, rect.w);
    scene_text(scene, rect_cut_left(&rect, width, 18), STYLE_BUTTON, ALIGN_LEFT, theme->text, theme->surface, what);
    scene_words(scene, &(SceneItem){.rect = rect,
                                    .style = STYLE_LABEL,
                                    .colour = theme->text_soft,
                                    .on = theme->surface,
                                    .text = (char *)view->product_title,
                                    .foreign = TRUE});
}

static void mute_button(const Console *console, Rect rect)
{
    const Theme *theme = console->theme;
    gboolean muted = console->view->muted;
    Button mute = console_plain_button(console, "mute", console_text(console, muted ? "mic_off" : "mic_on"));
    mute.note = console_text(console, muted ? "mic_off_note" : "mic_on_note");
    mute.icon = muted ? ICON_MIC_OFF : ICON_MIC;
    mute.keycap = "F3";
    mute.key = SDLK_F3;
    mute.wish = "mute";
    mute.argument = muted ? "off" : "on";
    mute.disabled = console->view->agent_gone;
    if (muted) {
        mute.fill = theme->warn_fill;
        mute.on = theme->on_warn;
        mute.line = SCENE_NO_COLOUR;
    }
    console_button(console, rect, &mute);
}

/* Beside the button that says the same, with the products open as well. */
static void meters(const Console *console, Rect rect)
{
    static const struct {
        const char *name;
        MeterKind kind;
    } rows[] = {{"chat_you", METER_OWN}, {"chat_shopper", METER_SHOPPER}};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        Rect row = rect_row(rect, G_N_ELEMENTS(rows), i, 4);
        scene_text(console->scene, rect_cut_left(&row, METER_LABEL, 8), STYLE_SMALL, ALIGN_LEFT, console->theme->text_soft,
                   console->theme->surface, console_text(console, rows[i].name));
        console_meter(console, row, rows[i].kind, console->theme->surface);
    }
}

static void camera_buttons(const Console *console, Rect rect)
{
    static const struct {
        const char *view, *keycap;
        Icon icon;
    } views[] = {[CAMERA_FACE] = {"face", "F4", ICON_FACE},
                 [CAMERA_PRODUCT] = {"product", "F5", ICON_PRODUCT},
                 [CAMERA_PIP] = {"pip", "F6", ICON_PIP}};
    const Theme *theme = console->theme;
    for (guint i = 0; i < G_N_ELEMENTS(views); i++) {
        char id[SCENE_ID_MAX];
        g_snprintf(id, sizeof id, "camera_%s", views[i].view);
        Button button = console_plain_button(console, id, console_text(console, id));
        button.selected = console->view->camera == (ViewCamera)i;
        button.icon = button.selected ? ICON_CHECK : views[i].icon;
        button.icon_above = TRUE;
        button.keycap = views[i].keycap;
        button.key = SDLK_F4 + (int)i;
        button.wish = "camera";
        button.argument = views[i].view;
        button.disabled = console->view->agent_gone;
        if (button.selected) button.fill = theme_mix(theme->raised, theme->accent, 0.16);
        console_button(console, rect_column(rect, G_N_ELEMENTS(views), i, 8), &button);
    }
}

static void controls(const Console *console, Rect rect)
{
    const Theme *theme = console->theme;
    console_card(console, "controls", rect);
    Rect inner = rect_inset(rect, 12, 10);
    Button end = console_plain_button(console, "end", console_text(console, "button_end"));
    end.icon = ICON_HANG_UP;
    end.keycap = "F8";
    end.key = SDLK_F8;
    end.wish = "hangup";
    end.fill = theme->danger_fill;
    end.on = theme->on_danger;
    end.line = SCENE_NO_COLOUR;
    end.disabled = console->view->agent_gone;
    Rect right = rect_cut_right(&inner, END_WIDTH, 16);
    mute_button(console, rect_cut_left(&inner, MUTE_WIDTH, 16));
    meters(console, rect_cut_left(&inner, METERS_WIDTH, 16));
    camera_buttons(console, inner);
    console_button(console, right, &end);
}

static void own_picture(const Console *console, Rect rect)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    const View *view = console->view;
    static const char *const names[] = {[CAMERA_FACE] = "camera_face", [CAMERA_PRODUCT] = "camera_product", [CAMERA_PIP] = "camera_pip"};
    console_card(console, "own", rect);
    Rect inner = rect_inset(rect, 8, 8);
    Rect picture = rect_cut_top(&inner, inner.w * 9 / 16, 0);
    if (console->own_visible) {
        scene_box(scene, picture, 0, theme->stage);
        scene_picture(scene, PICTURE_OWN, picture);
    } else {
        console_placeholder(console, picture, ICON_CAMERA, console_text(console, "own_none"), NULL);
    }
    Rect caption = rect_inset(inner, 10, 4);
    g_autofree char *label =
        text_format(console->text, "console", "own_on_air", "camera", console_text(console, names[view->camera]), NULL);
    guint32 colour = view->muted ? theme->warn : theme->text;
    scene_icon(scene, view->muted ? ICON_MIC_OFF : ICON_CAMERA, rect_centre(rect_cut_left(&caption, 22, 10), 22, 22), colour,
               theme->surface);
    scene_text(scene, caption, STYLE_LABEL, ALIGN_LEFT, colour, theme->surface,
               view->muted ? console_text(console, "muted_warning") : label);
}

/* One message at the bottom of room; FALSE when there was none left for it. */
static gboolean bubble(const Console *console, Rect *room, const ChatLine *line)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    double most = room->w * 0.86 - 2 * BUBBLE_PADDING;
    const char *who = console_text(console, line->from_shopper ? "chat_shopper" : "chat_you");
    double width =
        MIN(most, MAX(draw_text_width(scene->fonts, STYLE_BODY, line->text), draw_text_width(scene->fonts, STYLE_KEYCAP, who)) + 2);
    double body = draw_text_height(scene->fonts, STYLE_BODY, line->text, width), name = 18, height = body + name + 14;
    height = MIN(height, room->h);
    if (height < name + 14 + draw_line_height(scene->fonts, STYLE_BODY)) return FALSE;
    Rect row = rect_cut_bottom(room, height, 8), box = row;
    box.w = width + 2 * BUBBLE_PADDING;
    if (!line->from_shopper) box.x = row.x + row.w - box.w;
    guint32 fill = line->from_shopper ? theme->raised : theme->accent_fill, on = line->from_shopper ? theme->text : theme->on_accent;
    scene_box(scene, box, 12, fill);
    Rect words = rect_inset(box, BUBBLE_PADDING, 7);
    scene_text(scene, rect_cut_top(&words, name, 0), STYLE_KEYCAP, ALIGN_LEFT, on, fill, who);
    scene_words(scene, &(SceneItem){.rect = words,
                                    .style = STYLE_BODY,
                                    .colour = on,
                                    .on = fill,
                                    .text = line->text,
                                    .top = TRUE,
                                    .foreign = TRUE,
                                    .lines = (guint)(words.h / draw_line_height(scene->fonts, STYLE_BODY) + 0.01)});
    return TRUE;
}

static void chat(const Console *console, Rect rect)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    console_card(console, "chat", rect);
    Rect inner = rect_inset(rect, 14, 12);
    Rect row = rect_cut_bottom(&inner, LAYOUT_TOUCH, 10);
    Button send = console_plain_button(console, CONSOLE_SEND, "");
    send.icon = ICON_SEND;
    send.disabled = !*console->message || console->view->agent_gone;
    Rect right = rect_cut_right(&row, LAYOUT_TOUCH, 8);
    console_field(console, row, CONSOLE_MESSAGE, console->message, console_text(console, "chat_field"), SDLK_F7, "F7");
    console_button(console, right, &send);
    if (!console->chat_count) {
        scene_words(scene, &(SceneItem){.rect = inner,
                                        .style = STYLE_SMALL,
                                        .align = ALIGN_CENTRE,
                                        .colour = theme->text_soft,
                                        .on = theme->surface,
                                        .text = (char *)console_text(console, "chat_empty"),
                                        .lines = 2});
    }
    for (guint i = console->chat_count; i > 0; i--) {
        if (!bubble(console, &inner, console->chat[i - 1])) break;
    }
}

void console_call(const Console *console, Rect area)
{
    Rect bar = rect_cut_bottom(&area, CONTROLS_HEIGHT, LAYOUT_GAP);
    Rect column = rect_cut_right(&area, CALL_COLUMN, LAYOUT_GAP);
    const double picture = (CALL_COLUMN - 16) * 9 / 16;
    gboolean products = console_has_products(console);
    Rect left = products ? rect_cut_top(&column, picture + 52 + STAGE_EDGE, LAYOUT_GAP) : area;
    console_card(console, "stage", left);
    Rect facts = rect_cut_top(&left, 52, 0);
    call_facts(console, rect_inset(facts, 18, 0));
    left.h -= STAGE_EDGE;
    stage(console, rect_inset(left, STAGE_EDGE, 0));
    controls(console, bar);
    if (products)
        console_products(console, area);
    else
        own_picture(console, rect_cut_top(&column, picture + 8 + 44, LAYOUT_GAP));
    chat(console, column);
}
