#include "studio/wrapup.h"

#include "catalogue/money.h"

#include <string.h>

Wrapup *wrapup_new(char point)
{
    Wrapup *wrapup = g_new0(Wrapup, 1);
    wrapup->order = field_new(FIELD_ORDER_MAX);
    wrapup->value = field_new(FIELD_AMOUNT_MAX);
    wrapup->value->amount = TRUE;
    wrapup->point = point;
    return wrapup;
}

static void forget_tags(Wrapup *wrapup)
{
    for (guint i = 0; i < VIEW_TAGS_MAX; i++) g_clear_pointer(&wrapup->tags[i], g_free);
}

void wrapup_free(Wrapup *wrapup)
{
    if (!wrapup) return;
    forget_tags(wrapup);
    field_free(wrapup->order);
    field_free(wrapup->value);
    g_free(wrapup);
}

static int decimals_of(const Wrapup *wrapup)
{
    return MAX(0, money_decimals(wrapup->currency));
}

static const char *noted(const View *view, const char *member)
{
    const char *text = json_string_value(json_object_get(view->note, member));
    return text ? text : "";
}

static void load_value(Wrapup *wrapup, gint64 minor)
{
    gint64 unit = 1;
    int decimals = decimals_of(wrapup);
    for (int i = 0; i < decimals; i++) unit *= 10;
    g_autofree char *text = minor % unit
                                ? g_strdup_printf("%" G_GINT64_FORMAT "%c%0*d", minor / unit, wrapup->point, decimals, (int)(minor % unit))
                                : g_strdup_printf("%" G_GINT64_FORMAT, minor / unit);
    field_type(wrapup->value, text);
}

void wrapup_load(Wrapup *wrapup, const View *view)
{
    const char *currency = noted(view, "currency");
    g_strlcpy(wrapup->outcome, noted(view, "outcome"), sizeof wrapup->outcome);
    g_strlcpy(wrapup->currency, *currency ? currency : view->currency_count ? view->currencies[0] : "", sizeof wrapup->currency);
    field_clear(wrapup->order);
    field_clear(wrapup->value);
    field_type(wrapup->order, noted(view, "order"));
    if (*currency) load_value(wrapup, MAX(0, json_integer_value(json_object_get(view->note, "value_minor"))));
    forget_tags(wrapup);
    const json_t *tags = json_object_get(view->note, "tags");
    for (size_t i = 0; i < MIN(json_array_size(tags), VIEW_TAGS_MAX); i++) {
        wrapup->tags[i] = g_strdup(json_string_value(json_array_get(tags, i)));
        if (!wrapup->tags[i]) break;
    }
    wrapup->changed = FALSE;
}

gboolean wrapup_has_tag(const Wrapup *wrapup, const char *tag)
{
    return g_strv_contains((const char *const *)wrapup->tags, tag);
}

static gboolean toggle_tag(Wrapup *wrapup, const char *tag)
{
    guint kept = 0;
    gboolean had = FALSE;
    for (guint i = 0; i < VIEW_TAGS_MAX && wrapup->tags[i]; i++) {
        char *one = g_steal_pointer(&wrapup->tags[i]);
        if (strcmp(one, tag) == 0) {
            had = TRUE;
            g_free(one);
        } else {
            wrapup->tags[kept++] = one;
        }
    }
    if (!had && kept < VIEW_TAGS_MAX) wrapup->tags[kept] = g_strdup(tag);
    return TRUE;
}

static gboolean next_currency(Wrapup *wrapup, const View *view)
{
    if (view->currency_count < 2) return FALSE;
    guint next = 0;
    for (guint i = 0; i < view->currency_count; i++) {
        if (strcmp(view->currencies[i], wrapup->currency) == 0) next = (i + 1) % view->currency_count;
    }
    g_strlcpy(wrapup->currency, view->currencies[next], sizeof wrapup->currency);
    return TRUE;
}

static gboolean choose(Wrapup *wrapup, const char *outcome)
{
    if (g_strcmp0(wrapup->outcome, outcome) == 0) return FALSE; /* strcmp() inlined here worries newer GLib's headers */
    g_strlcpy(wrapup->outcome, outcome, sizeof wrapup->outcome);
    return TRUE;
}

gboolean wrapup_do(Wrapup *wrapup, const View *view, Field *field, const char *what)
{
    gboolean did = FALSE;
    if (g_str_has_prefix(what, "outcome ")) did = choose(wrapup, what + strlen("outcome "));
    if (g_str_has_prefix(what, "tag ")) did = toggle_tag(wrapup, what + strlen("tag "));
    if (g_str_has_prefix(what, "type ")) did = field_type(field, what + strlen("type "));
    if (strcmp(what, "currency") == 0) did = next_currency(wrapup, view);
    if (strcmp(what, "rub") == 0) did = field_rub_out(field);
    wrapup->changed |= did;
    return did;
}

gboolean wrapup_value(const Wrapup *wrapup, gint64 *minor)
{
    return *wrapup->currency && field_amount(wrapup->value, decimals_of(wrapup), minor);
}

char *wrapup_note(const Wrapup *wrapup)
{
    gint64 minor = 0;
    gboolean valued = wrapup_value(wrapup, &minor);
    g_autofree char *order = g_strstrip(g_strdup(wrapup->order->text->str));
    json_t *tags = json_array();
    for (guint i = 0; wrapup->tags[i]; i++) json_array_append_new(tags, json_string(wrapup->tags[i]));
    json_t *note = json_pack("{s:s, s:s, s:I, s:s, s:o}", "outcome", wrapup->outcome, "order", order, "value_minor", (json_int_t)minor,
                             "currency", valued ? wrapup->currency : "", "tags", tags);
    char *text = json_dumps(note, JSON_COMPACT), *copy = g_strdup(text);
    free(text);
    json_decref(note);
    return copy;
}
