/* The panel in which the advisor searches products, shows and compares them, and sees the basket. */
#include "studio/console_parts.h"

#include "studio/draw.h"
#include "text/price.h"

#include <SDL2/SDL_keycode.h>
#include <string.h>

#define ROW_HEIGHT  84.0
#define OFFER_HEAD  28.0
#define OFFER_LINE  24.0
#define OFFER_GAP   10.0
#define ROW_GAP     8.0
#define SIDE_COLUMN 304.0
#define ROW_BUTTON  92.0
#define SIGN_WIDTH  26.0 /* of a small symbol and what is beside it */
#define THUMB       60.0
#define TOUCH       LAYOUT_TOUCH

static const char *member(const json_t *product, const char *name)
{
    const char *text = json_string_value(json_object_get(product, name));
    return text ? text : "";
}

static gboolean in_call(const Console *console)
{
    return console->view->state == VIEW_LIVE || console->view->state == VIEW_CONNECTING;
}

gboolean console_may_have_products(const Console *console)
{
    const ViewState state = console->view->state;
    return console->shelf && !console->view->agent_gone && (state == VIEW_PAUSED || state == VIEW_READY || in_call(console));
}

gboolean console_has_products(const Console *console)
{
    return console_may_have_products(console) && console->shelf->open;
}

void console_products_button(const Console *console, Rect rect, gboolean icon_above)
{
    if (!console->shelf) return;
    gboolean open = console->shelf->open;
    /* What the shopper puts into the basket is seen with the panel closed, too. */
    gsize lines = open ? 0 : json_array_size(json_object_get(console->shop, "basket"));
    g_autofree char *label = lines ? g_strdup_printf("%s · %d", console_text(console, "products_button"), (int)lines)
                                   : g_strdup(console_text(console, "products_button"));
    Button button = console_plain_button(console, "products", label);
    button.icon = open ? ICON_CHECK : lines ? ICON_CART : ICON_PRODUCT;
    button.icon_above = icon_above;
    button.selected = open;
    button.keycap = "F9";
    button.key = open ? 0 : SDLK_F9;
    button.wish = "shelf";
    button.argument = open ? "close" : "open";
    button.disabled = console->view->agent_gone;
    console_button(console, rect, &button);
}

/* --- parts
 * -------------------------------------------------------------------------------------------------------------------------------- */

static void small_button(const Console *console, Rect rect, const char *id, Icon icon, gboolean selected, gboolean disabled,
                         const char *wish, const char *argument)
{
    Button button = console_plain_button(console, id, "");
    button.icon = icon;
    button.selected = selected;
    button.disabled = disabled;
    button.wish = wish;
    button.argument = scene_string(console->scene, argument);
    console_button(console, rect, &button);
}

/* Of a found product: a symbol with its word below. */
static void row_button(const Console *console, Rect rect, const Button *button, const char *argument)
{
    Button own = *button;
    own.icon_above = TRUE;
    own.style = STYLE_KEYCAP;
    own.argument = scene_string(console->scene, argument);
    console_button(console, rect, &own);
}

static void pick_button(const Console *console, Rect rect, const char *id, const char *product)
{
    g_autofree char *argument = g_strdup_printf("pick %s", product);
    Button button = console_plain_button(console, id, console_text(console, "products_pick"));
    button.selected = shelf_is_picked(console->shelf, product);
    button.icon = button.selected ? ICON_CHECK : ICON_COMPARE;
    button.disabled = !button.selected && console->shelf->picked->len >= SHELF_PICKED_MAX;
    button.wish = "shelf";
    row_button(console, rect, &button, argument);
}

static void add_button(const Console *console, Rect rect, const char *id, const char *product)
{
    Button button = console_plain_button(console, id, console_text(console, "products_add"));
    button.icon = ICON_CART;
    button.wish = "basket_add";
    row_button(console, rect, &button, product);
}

static void thumb(const Console *console, Rect rect, const char *address)
{
    cairo_surface_t *image = console->gallery && *address ? gallery_get(console->gallery, address, GALLERY_SMALL, NULL) : NULL;
    scene_box(console->scene, rect, 10, image ? gallery_paper(image) : console->theme->background);
    if (image)
        scene_image(console->scene, image, rect_inset(rect, 4, 4), 6);
    else
        scene_icon(console->scene, ICON_PRODUCT, rect_centre(rect, 28, 28), console->theme->text_soft, console->theme->background);
}

static void words(const Console *console, Rect rect, TextStyle style, guint32 colour, guint32 on, guint lines, const char *text)
{
    scene_words(
        console->scene,
        &(SceneItem){.rect = rect, .style = style, .colour = colour, .on = on, .lines = lines, .foreign = TRUE, .text = (char *)text});
}

static char *price_of(const Console *console, const json_t *product)
{
    const json_t *sale = json_object_get(product, "sale_price_minor"), *full = json_object_get(product, "price_minor");
    return price_format(text_language(console->text), json_integer_value(sale ? sale : full), member(product, "currency"));
}

/* Our own words: what does not fit is a fault. */
static void say(const Console *console, Rect rect, TextStyle style, guint32 colour, guint32 on, const char *text)
{
    scene_text(console->scene, rect, style, ALIGN_LEFT, colour, on, text);
}

/* A sign and its words, at the left of rect, which shrinks by them. */
static void signed_words(const Console *console, Rect *rect, Icon icon, guint32 colour, guint32 on, const char *text)
{
    const double width = MIN(draw_text_width(console->scene->fonts, STYLE_SMALL, text) + 2, MAX(0, rect->w - SIGN_WIDTH));
    scene_icon(console->scene, icon, rect_centre(rect_cut_left(rect, SIGN_WIDTH - 8, 8), 18, 18), colour, on);
    say(console, rect_cut_left(rect, width, 16), STYLE_SMALL, console->theme->text_soft, on, text);
}

/* With a sign each, never by colour alone. */
static void online_words(const Console *console, Rect rect, const json_t *product, guint32 on)
{
    static const struct {
        const char *availability;
        Icon icon;
    } online[] = {{"in_stock", ICON_CHECK}, {"out_of_stock", ICON_CROSS}, {"preorder", ICON_CALENDAR}, {"backorder", ICON_CLOCK}};
    const Theme *theme = console->theme;
    for (guint i = 0; i < G_N_ELEMENTS(online); i++) {
        if (strcmp(member(product, "availability"), online[i].availability) != 0) continue;
        signed_words(console, &rect, online[i].icon, i == 0 ? theme->good : theme->text_soft, on,
                     text_get(console->text, "demo", online[i].availability));
    }
}

/* What this store has, where the feed says so; brief: beside the price, and beside a long one no more than the number. */
static void here_words(const Console *console, Rect rect, const json_t *product, gboolean brief, guint32 on)
{
    const json_t *here = json_object_get(product, "in_store");
    const gboolean has = json_integer_value(here) > 0;
    if (!here) return;
    char count[24];
    g_snprintf(count, sizeof count, "%" JSON_INTEGER_FORMAT, json_integer_value(here));
    const char *key = !brief ? "products_collect" : has ? "products_here" : "products_here_none";
    g_autofree char *text = brief || has ? text_format(console->text, "console", key, "n", count, NULL)
                                         : g_strdup(text_get(console->text, "demo", "store_has_none"));
    const gboolean fits = !brief || draw_text_width(console->scene->fonts, STYLE_SMALL, text) + SIGN_WIDTH + 2 <= rect.w;
    signed_words(console, &rect, ICON_STORE, has ? console->theme->good : console->theme->text_soft, on, fits ? text : count);
}

/* At the left of rect, which shrinks by it. */
static void price_words(const Console *console, Rect *rect, const json_t *product, guint32 on)
{
    g_autofree char *price = price_of(console, product);
    const double width = MIN(draw_text_width(console->scene->fonts, STYLE_BUTTON, price) + 2, rect->w);
    say(console, rect_cut_left(rect, width, 12), STYLE_BUTTON, console->theme->text, on, price);
}

/* Price and rating, then online, then here: as many of the lines as there is room for. */
static void offer_lines(const Console *console, Rect rect, const json_t *product, guint32 on)
{
    const json_t *rating = json_object_get(product, "rating");
    Rect head = rect_cut_top(&rect, OFFER_HEAD, 0);
    price_words(console, &head, product, on);
    if (rating) {
        g_autofree char *value = price_number(text_language(console->text), json_number_value(rating));
        char count[24];
        g_snprintf(count, sizeof count, "%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(product, "ratings")));
        g_autofree char *text = text_format(console->text, "demo", "rating_of", "rating", value, "n", count, NULL);
        signed_words(console, &head, ICON_STAR, console->theme->warn, on, text);
    }
    if (rect.h >= OFFER_LINE) online_words(console, rect_cut_top(&rect, OFFER_LINE, 0), product, on);
    if (rect.h >= OFFER_LINE) here_words(console, rect_cut_top(&rect, OFFER_LINE, 0), product, FALSE, on);
}

/* What can be touched of a row: its face, with what is pressed or has the focus. */
static guint32 row_face(const Console *console, Rect rect, const char *id, gboolean shown)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    guint32 fill = strcmp(scene->pressed, id) == 0 ? theme_mix(theme->raised, theme->text, 0.22) : theme->raised;
    if (strcmp(scene->focus, id) == 0) scene_frame(scene, rect_inset(rect, -4, -4), 18, SCENE_NO_COLOUR, theme->focus, 3);
    if (shown)
        scene_frame(scene, rect, 14, fill, theme->accent, 3);
    else
        scene_box(scene, rect, 14, fill);
    return fill;
}

static const json_t *shown(const Console *console)
{
    const json_t *show = json_object_get(console->shop, "show");
    return json_is_object(show) ? show : NULL;
}

static gboolean is_shown(const Console *console, const char *id)
{
    const json_t *products = json_object_get(shown(console), "products");
    for (gsize i = 0; i < json_array_size(products); i++) {
        if (strcmp(member(json_array_get(products, i), "id"), id) == 0) return TRUE;
    }
    return FALSE;
}

/* --- found
 * ---------------------------------------------------------------------------------------------------------------------------------- */

static void found_row(const Console *console, Rect row, guint index, const json_t *product)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    const char *id = member(product, "id");
    char row_id[SCENE_ID_MAX], pick_id[SCENE_ID_MAX], add_id[SCENE_ID_MAX];
    g_snprintf(row_id, sizeof row_id, "product-%u", index);
    g_snprintf(pick_id, sizeof pick_id, "pick-%u", index);
    g_snprintf(add_id, sizeof add_id, "add-%u", index);
    Rect add = in_call(console) ? rect_cut_right(&row, ROW_BUTTON, 8) : (Rect){0}, pick = rect_cut_right(&row, ROW_BUTTON, 8);
    guint32 fill = row_face(console, row, row_id, is_shown(console, id));
    SceneTarget *target = scene_target(scene, row_id, row);
    g_autofree char *argument = g_strdup_printf("product\n%s", id);
    target->wish = "show";
    target->argument = scene_string(scene, argument);
    Rect inner = rect_inset(row, 8, 8);
    thumb(console, rect_cut_left(&inner, THUMB, 10), json_string_value(json_array_get(json_object_get(product, "images"), 0)) ?: "");
    words(console, rect_cut_top(&inner, 24, 0), STYLE_LABEL, theme->text, fill, 1, member(product, "title"));
    Rect price = rect_cut_top(&inner, 24, 0);
    price_words(console, &price, product, fill);
    here_words(console, price, product, TRUE, fill);
    online_words(console, inner, product, fill);
    pick_button(console, pick, pick_id, id);
    if (in_call(console)) add_button(console, add, add_id, id);
}

static void pager(const Console *console, Rect rect, guint rows)
{
    const Theme *theme = console->theme;
    const Shelf *shelf = console->shelf;
    guint count = (guint)json_array_size(shelf->list), last = MIN(shelf->first + rows, count);
    char previous[24], next[24], text[48];
    g_snprintf(previous, sizeof previous, "first %u", shelf->first > rows ? shelf->first - rows : 0);
    g_snprintf(next, sizeof next, "first %u", shelf->first + rows);
    g_snprintf(text, sizeof text, "%u–%u / %u", shelf->first + 1, last, count);
    small_button(console, rect_cut_left(&rect, 96, 12), "previous", ICON_LEFT, FALSE, shelf->first == 0, "shelf", previous);
    small_button(console, rect_cut_right(&rect, 96, 12), "next", ICON_RIGHT, FALSE, last >= count, "shelf", next);
    scene_text(console->scene, rect, STYLE_LABEL, ALIGN_CENTRE, theme->text_soft, theme->surface, text);
}

static void quiet(const Console *console, Rect rect, Icon icon, const char *key)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    double width = MIN(rect.w - 24, 420);
    const char *text = console_text(console, key);
    double height = draw_text_height(scene->fonts, STYLE_BODY, text, width);
    Rect block = rect_centre(rect, width, 48 + 14 + height);
    scene_icon(scene, icon, rect_centre(rect_cut_top(&block, 48, 14), 48, 48), theme->text_soft, theme->surface);
    scene_words(scene, &(SceneItem){.rect = block,
                                    .style = STYLE_BODY,
                                    .align = ALIGN_CENTRE,
                                    .colour = theme->text_soft,
                                    .on = theme->surface,
                                    .lines = 4,
                                    .text = (char *)text});
}

static void list_found(const Console *console, Rect rect)
{
    const Shelf *shelf = console->shelf;
    guint count = (guint)json_array_size(shelf->list);
    if (!count) {
        quiet(console, rect, ICON_SEARCH, shelf->answered ? "products_none" : "products_hint");
        return;
    }
    guint rows = (guint)MAX(1, (rect.h + ROW_GAP) / (ROW_HEIGHT + ROW_GAP));
    if (count > rows) {
        Rect bottom = rect_cut_bottom(&rect, TOUCH, 10);
        rows = (guint)MAX(1, (rect.h + ROW_GAP) / (ROW_HEIGHT + ROW_GAP));
        pager(console, bottom, rows);
    }
    for (guint i = shelf->first; i < MIN(count, shelf->first + rows); i++)
        found_row(console, rect_cut_top(&rect, ROW_HEIGHT, ROW_GAP), i, json_array_get(shelf->list, i));
}

/* --- basket
 * ---------------------------------------------------------------------------------------------------------------------------------- */

static void basket_row(const Console *console, Rect row, guint index, const json_t *item)
{
    const Theme *theme = console->theme;
    const char *id = member(item, "id");
    const json_int_t quantity = json_integer_value(json_object_get(item, "quantity"));
    char less_id[SCENE_ID_MAX], more_id[SCENE_ID_MAX], number[16];
    g_snprintf(less_id, sizeof less_id, "less-%u", index);
    g_snprintf(more_id, sizeof more_id, "more-%u", index);
    g_snprintf(number, sizeof number, "%d", (int)quantity);
    scene_box(console->scene, row, 14, theme->raised);
    Rect inner = rect_inset(row, 8, 8);
    g_autofree char *less = g_strdup_printf("%s\n%d", id, (int)quantity - 1), *more = g_strdup_printf("%s\n%d", id, (int)quantity + 1);
    small_button(console, rect_cut_right(&inner, TOUCH, 4), more_id, ICON_PLUS, FALSE, quantity >= 99, "basket_set", more);
    scene_text(console->scene, rect_cut_right(&inner, 44, 4), STYLE_BUTTON, ALIGN_CENTRE, theme->text, theme->raised, number);
    small_button(console, rect_cut_right(&inner, TOUCH, 14), less_id, ICON_MINUS, FALSE, FALSE, "basket_set", less);
    thumb(console, rect_cut_left(&inner, THUMB, 14), member(item, "image"));
    g_autofree char *price =
        price_format(text_language(console->text), json_integer_value(json_object_get(item, "price")) * quantity, member(item, "currency"));
    words(console, rect_cut_top(&inner, 30, 2), STYLE_LABEL, theme->text, theme->raised, 1, member(item, "title"));
    words(console, inner, STYLE_BUTTON, theme->text, theme->raised, 1, price);
}

static const json_t *basket_of(const Console *console)
{
    return json_object_get(console->shop, "basket");
}

static void list_basket(const Console *console, Rect rect)
{
    const Theme *theme = console->theme;
    const json_t *basket = basket_of(console);
    gsize count = json_array_size(basket);
    json_int_t sum = 0;
    if (!count) {
        quiet(console, rect, ICON_CART, "products_basket_empty");
        return;
    }
    for (gsize i = 0; i < count; i++) {
        const json_t *item = json_array_get(basket, i);
        sum += json_integer_value(json_object_get(item, "price")) * json_integer_value(json_object_get(item, "quantity"));
    }
    g_autofree char *total = price_format(text_language(console->text), sum, member(json_array_get(basket, 0), "currency"));
    Rect bottom = rect_inset(rect_cut_bottom(&rect, 44, 8), 12, 0);
    words(console, rect_cut_right(&bottom, draw_text_width(console->scene->fonts, STYLE_HEADING, total) + 2, 12), STYLE_HEADING,
          theme->text, theme->surface, 1, total);
    scene_text(console->scene, bottom, STYLE_HEADING, ALIGN_LEFT, theme->text, theme->surface, console_text(console, "products_total"));
    /* The newest are what is spoken of: those are in sight. */
    gsize rows = (gsize)MAX(1, (rect.h + ROW_GAP) / (ROW_HEIGHT + ROW_GAP));
    for (gsize i = count > rows ? count - rows : 0; i < count; i++)
        basket_row(console, rect_cut_top(&rect, ROW_HEIGHT, ROW_GAP), (guint)i, json_array_get(basket, i));
}

/* --- what is shown
 * ------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *id, *key, *wish;
    char argument[256];
    Icon icon;
    gboolean selected;
} Choice;

static guint add_choice(Choice *list, guint count, const char *id, const char *key, Icon icon, const char *wish, const char *prefix,
                        const char *argument)
{
    Choice *choice = &list[count];
    *choice = (Choice){.id = id, .key = key, .wish = wish, .icon = icon};
    g_snprintf(choice->argument, sizeof choice->argument, "%s%s", prefix, argument);
    return count + 1;
}

static guint choices_of(const Console *console, const json_t *show, Choice *list)
{
    const char *kind = member(show, "kind");
    const json_t *product = json_array_get(json_object_get(show, "products"), 0);
    const char *id = member(product, "id");
    gsize images = json_array_size(json_object_get(product, "images"));
    guint count = 0;
    if (strcmp(kind, "compare") != 0) {
        count = add_choice(list, count, "facts", "products_facts", ICON_PRODUCT, "show", "product\n", id);
        list[count - 1].selected = strcmp(kind, "product") == 0;
        if (images > 1) {
            count = add_choice(list, count, "gallery", "products_gallery", ICON_IMAGES, "show", "gallery\n", id);
            list[count - 1].selected = strcmp(kind, "gallery") == 0;
        }
        if (*member(product, "video") && !console->view->no_demo) {
            count = add_choice(list, count, "video", "products_video", ICON_PLAY, "show", "video\n", id);
            list[count - 1].selected = strcmp(kind, "video") == 0;
        }
        count = add_choice(list, count, "accessories", "products_accessories", ICON_PLUS, "accessories", "", id);
        if (in_call(console)) count = add_choice(list, count, "to_basket", "products_add", ICON_CART, "basket_add", "", id);
    }
    return add_choice(list, count, "hide", "products_hide", ICON_CROSS, "show_hide", "", "");
}

static void choices(const Console *console, Rect rect, const Choice *list, guint count)
{
    const guint rows = (count + 1) / 2;
    double height = CLAMP(rect.h / rows - 8, TOUCH, 72);
    for (guint i = 0; i < count; i += 2) {
        Rect row = rect_cut_top(&rect, height, 8);
        for (guint k = i; k < MIN(i + 2, count); k++) {
            Button button = console_plain_button(console, list[k].id, console_text(console, list[k].key));
            button.icon = list[k].selected ? ICON_CHECK : list[k].icon;
            button.icon_above = TRUE;
            button.style = STYLE_SMALL;
            button.selected = list[k].selected;
            button.wish = list[k].wish;
            button.argument = scene_string(console->scene, list[k].argument);
            console_button(console, rect_column(row, 2, k - i, 8), &button);
        }
    }
}

static void turn_buttons(const Console *console, Rect row, const json_t *show)
{
    const Theme *theme = console->theme;
    const json_t *images = json_object_get(json_array_get(json_object_get(show, "products"), 0), "images");
    char number[32];
    g_snprintf(number, sizeof number, "%d / %d", (int)json_integer_value(json_object_get(show, "index")) + 1, (int)json_array_size(images));
    small_button(console, rect_cut_left(&row, 88, 8), "picture_previous", ICON_LEFT, FALSE, FALSE, "show_next", "-1");
    small_button(console, rect_cut_right(&row, 88, 8), "picture_next", ICON_RIGHT, FALSE, FALSE, "show_next", "1");
    scene_text(console->scene, row, STYLE_LABEL, ALIGN_CENTRE, theme->text_soft, theme->surface, number);
}

static void shown_column(const Console *console, Rect rect)
{
    Scene *scene = console->scene;
    const Theme *theme = console->theme;
    const json_t *show = shown(console), *products = json_object_get(show, "products");
    Rect head = rect_cut_top(&rect, 30, 6);
    const gboolean no_demo = console->view->no_demo, nowhere = no_demo && !in_call(console);
    const Icon icon = no_demo ? ICON_FACE : ICON_SCREEN;
    scene_icon(scene, icon, rect_centre(rect_cut_left(&head, 22, 10), 22, 22), show ? theme->accent : theme->text_soft, theme->surface);
    say(console, head, STYLE_LABEL, theme->text_soft, theme->surface,
        console_text(console, nowhere   ? "products_shown_you"
                              : no_demo ? "products_shown_page"
                                        : "products_shown"));
    if (!show) {
        quiet(console, rect, icon, nowhere ? "products_shown_nowhere" : "products_shown_none");
        return;
    }
    gboolean compare = json_array_size(products) > 1;
    for (gsize i = 0; i < json_array_size(products); i++) {
        Rect line = rect_cut_top(&rect, compare ? 52 : 56, 6);
        const json_t *product = json_array_get(products, i);
        thumb(console, rect_cut_left(&line, line.h, 12), json_string_value(json_array_get(json_object_get(product, "images"), 0)) ?: "");
        words(console, line, compare ? STYLE_SMALL : STYLE_LABEL, theme->text, theme->surface, 2, member(product, "title"));
    }
    const json_t *product = json_array_get(products, 0);
    gboolean turns = !compare && strcmp(member(show, "kind"), "video") != 0 && json_array_size(json_object_get(product, "images")) > 1;
    Choice list[8];
    guint count = choices_of(console, show, list);
    /* With a problem and a notice on the screen there is room for what can be done alone. */
    const guint rows = (count + 1) / 2;
    double spare = rect.h - rows * (TOUCH + 8) + 8;
    const double offer = spare >= OFFER_HEAD + 2 * OFFER_LINE + OFFER_GAP ? OFFER_HEAD + 2 * OFFER_LINE : OFFER_HEAD + OFFER_LINE;
    if (!compare && spare >= offer + OFFER_GAP) {
        offer_lines(console, rect_cut_top(&rect, offer, OFFER_GAP), product, theme->surface);
        spare -= offer + OFFER_GAP;
    }
    if (turns && spare >= TOUCH + 10) turn_buttons(console, rect_cut_top(&rect, TOUCH, 10), show);
    choices(console, rect, list, count);
}

/* --- the panel
 * ---------------------------------------------------------------------------------------------------------------------------------- */

static void compare_button(const Console *console, Rect rect)
{
    const Theme *theme = console->theme;
    const Shelf *shelf = console->shelf;
    char count[8];
    g_snprintf(count, sizeof count, "%.0u", shelf->picked->len);
    g_autofree char *label = text_format(console->text, "console", "products_compare", "n", count, NULL);
    g_strchomp(label);
    GString *argument = g_string_new("compare");
    for (guint i = 0; i < shelf->picked->len; i++) g_string_append_printf(argument, "\n%s", (const char *)shelf->picked->pdata[i]);
    Button button = console_plain_button(console, "compare", label);
    button.icon = ICON_COMPARE;
    button.wish = "show";
    button.argument = scene_string(console->scene, argument->str);
    button.disabled = shelf->picked->len < 2;
    if (!button.disabled) {
        button.fill = theme->accent_fill;
        button.on = theme->on_accent;
        button.line = SCENE_NO_COLOUR;
    }
    console_button(console, rect, &button);
    g_string_free(argument, TRUE);
}

static void basket_button(const Console *console, Rect rect)
{
    gboolean open = console->shelf->page == SHELF_BASKET;
    gsize lines = json_array_size(basket_of(console));
    g_autofree char *label = lines ? g_strdup_printf("%s · %d", console_text(console, "products_basket"), (int)lines)
                                   : g_strdup(console_text(console, "products_basket"));
    Button button = console_plain_button(console, "basket", label);
    button.icon = open ? ICON_CHECK : ICON_CART;
    button.selected = open;
    button.wish = "shelf";
    button.argument = open ? "found" : "basket";
    console_button(console, rect, &button);
}

static double label_width(const Console *console, const char *key)
{
    return draw_text_width(console->scene->fonts, STYLE_BUTTON, console_text(console, key)) + 24 + 12 + 2 * 16 + 30;
}

static void notice(const Console *console, Rect rect)
{
    const Theme *theme = console->theme;
    scene_box(console->scene, rect, 10, theme->warn_fill);
    rect = rect_inset(rect, 14, 0);
    scene_icon(console->scene, ICON_WARNING, rect_centre(rect_cut_left(&rect, 22, 12), 22, 22), theme->on_warn, theme->warn_fill);
    scene_text(console->scene, rect, STYLE_LABEL, ALIGN_LEFT, theme->on_warn, theme->warn_fill,
               console_text(console, console->shelf->notice));
}

void console_products(const Console *console, Rect rect)
{
    console_card(console, "products", rect);
    Rect inner = rect_inset(rect, 16, 14), top = rect_cut_top(&inner, TOUCH, 14);
    small_button(console, rect_cut_right(&top, TOUCH, 10), "products_close", ICON_CROSS, FALSE, FALSE, "shelf", "close");
    if (in_call(console)) basket_button(console, rect_cut_right(&top, label_width(console, "products_basket"), 10));
    compare_button(console, rect_cut_right(&top, label_width(console, "products_compare"), 10));
    console_field(console, top, CONSOLE_QUERY, console->shelf->query->text->str, console_text(console, "products_search"), SDLK_F9, "F9");
    if (console->shelf->notice) notice(console, rect_cut_top(&inner, 40, 10));
    shown_column(console, rect_cut_right(&inner, SIDE_COLUMN, 20));
    if (console->shelf->page == SHELF_BASKET && in_call(console))
        list_basket(console, inner);
    else
        list_found(console, inner);
}
