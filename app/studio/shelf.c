#include "studio/shelf.h"

#include <string.h>

Shelf *shelf_new(void)
{
    Shelf *shelf = g_new0(Shelf, 1);
    shelf->query = field_new(SHELF_QUERY_MAX);
    shelf->list = json_array();
    shelf->picked = g_ptr_array_new_with_free_func(g_free);
    return shelf;
}

void shelf_free(Shelf *shelf)
{
    if (!shelf) return;
    field_free(shelf->query);
    json_decref(shelf->list);
    g_ptr_array_unref(shelf->picked);
    g_free(shelf);
}

static void set_list(Shelf *shelf, json_t *list, gboolean answered)
{
    json_decref(shelf->list);
    shelf->list = list;
    shelf->answered = answered;
    shelf->first = 0;
}

void shelf_clear(Shelf *shelf)
{
    field_clear(shelf->query);
    set_list(shelf, json_array(), FALSE);
    g_ptr_array_set_size(shelf->picked, 0);
    shelf->page = SHELF_FOUND;
    shelf->open = FALSE;
    shelf->notice = NULL;
}

static gboolean find_picked(const Shelf *shelf, const char *id, guint *index)
{
    return g_ptr_array_find_with_equal_func(shelf->picked, id, g_str_equal, index);
}

gboolean shelf_is_picked(const Shelf *shelf, const char *id)
{
    guint ignored;
    return find_picked(shelf, id, &ignored);
}

static gboolean pick(Shelf *shelf, const char *id)
{
    guint index;
    if (find_picked(shelf, id, &index))
        g_ptr_array_remove_index(shelf->picked, index);
    else if (shelf->picked->len < SHELF_PICKED_MAX)
        g_ptr_array_add(shelf->picked, g_strdup(id));
    else
        return FALSE;
    return TRUE;
}

gboolean shelf_do(Shelf *shelf, const char *what)
{
    shelf->notice = NULL;
    if (g_str_has_prefix(what, "pick ")) return pick(shelf, what + 5);
    if (g_str_has_prefix(what, "first ")) {
        guint64 first = g_ascii_strtoull(what + 6, NULL, 10);
        if (first >= json_array_size(shelf->list)) return FALSE;
        shelf->first = (guint)first;
    } else if (strcmp(what, "open") == 0 || strcmp(what, "close") == 0) {
        shelf->open = strcmp(what, "open") == 0;
    } else if (strcmp(what, "basket") == 0) {
        shelf->page = SHELF_BASKET;
    } else if (strcmp(what, "found") == 0) {
        shelf->page = SHELF_FOUND;
    } else {
        return FALSE;
    }
    return TRUE;
}

const char *shelf_search(Shelf *shelf)
{
    const char *words = shelf->query->text->str;
    shelf->page = SHELF_FOUND;
    shelf->notice = NULL;
    while (*words == ' ') words++;
    if (*words) return words;
    set_list(shelf, json_array(), FALSE);
    return NULL;
}

void shelf_take(Shelf *shelf, const char *about, const json_t *list)
{
    if (!json_is_array(list)) return;
    const char *words = shelf->query->text->str;
    while (*words == ' ') words++;
    shelf->page = strcmp(about, words) == 0 ? SHELF_FOUND : SHELF_ACCESSORIES;
    set_list(shelf, json_incref((json_t *)list), TRUE);
}
