#include "studio/products.h"

#include <string.h>

#define LIMIT_MS 3000

struct Products {
    ProductsEvents events;
    GDBusProxy *agent;
    GCancellable *cancel;
    guint asked; /* number of the last question */
};

typedef struct {
    Products *products;
    char *what, *query;
    guint number;
} Question;

Products *products_new(const ProductsEvents *events)
{
    Products *products = g_new0(Products, 1);
    products->events = *events;
    products->cancel = g_cancellable_new();
    return products;
}

void products_free(Products *products)
{
    if (!products) return;
    g_cancellable_cancel(products->cancel);
    g_object_unref(products->cancel);
    g_clear_object(&products->agent);
    g_free(products);
}

void products_set_agent(Products *products, GDBusProxy *agent)
{
    g_set_object(&products->agent, agent);
}

static void question_free(Question *question)
{
    g_free(question->what);
    g_free(question->query);
    g_free(question);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Question, question_free)

/* An answer to a search that another one followed is of no use any more. */
static void on_answered(GObject *object, GAsyncResult *result, gpointer data)
{
    g_autoptr(Question) question = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = g_dbus_proxy_call_finish(G_DBUS_PROXY(object), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) return;
    Products *products = question->products;
    const char *text = NULL;
    if (!reply) {
        g_autofree char *name = g_dbus_error_get_remote_error(error);
        g_message("the agent did not take %s: %s", question->what, error->message);
        products->events.refused(products->events.data, question->what, name ? name : "");
    } else if (question->query && question->number == products->asked) {
        g_variant_get(reply, "(&s)", &text);
        json_t *list = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        products->events.found(products->events.data, question->query, list);
        json_decref(list);
    }
}

/* query: what a list answers; NULL: nothing is answered. */
static void ask(Products *products, const char *what, const char *query, const char *method, GVariant *arguments)
{
    if (!products->agent) {
        g_variant_unref(g_variant_ref_sink(arguments));
        products->events.refused(products->events.data, what, "");
        return;
    }
    Question *question = g_new0(Question, 1);
    *question = (Question){products, g_strdup(what), g_strdup(query), query ? ++products->asked : 0};
    g_dbus_proxy_call(products->agent, method, arguments, G_DBUS_CALL_FLAGS_NO_AUTO_START, LIMIT_MS, products->cancel, on_answered,
                      question);
}

gboolean products_wish(Products *products, const char *what, const char *argument)
{
    g_auto(GStrv) words = g_strsplit(argument, "\n", -1);
    if (strcmp(what, "search") == 0)
        ask(products, what, argument, "Products", g_variant_new("(su)", argument, PRODUCTS_RESULTS));
    else if (strcmp(what, "accessories") == 0)
        ask(products, what, argument, "Accessories", g_variant_new("(su)", argument, PRODUCTS_RESULTS));
    else if (strcmp(what, "show") == 0 && words[0])
        ask(products, what, NULL, "Show", g_variant_new("(s^as)", words[0], words + 1));
    else if (strcmp(what, "show_next") == 0)
        ask(products, what, NULL, "ShowNext", g_variant_new("(i)", *argument == '-' ? -1 : 1));
    else if (strcmp(what, "show_hide") == 0)
        ask(products, what, NULL, "ShowHide", g_variant_new("()"));
    else if (strcmp(what, "scan") == 0)
        ask(products, what, NULL, "Scan", g_variant_new("(s)", argument));
    else if (strcmp(what, "basket_add") == 0)
        ask(products, what, NULL, "BasketAdd", g_variant_new("(su)", argument, 1u));
    else if (strcmp(what, "basket_set") == 0 && words[0] && words[1]) {
        guint quantity = (guint)CLAMP(g_ascii_strtoll(words[1], NULL, 10), 0, 100);
        if (quantity)
            ask(products, what, NULL, "BasketSet", g_variant_new("(su)", words[0], quantity));
        else
            ask(products, what, NULL, "BasketRemove", g_variant_new("(s)", words[0]));
    } else {
        return FALSE;
    }
    return TRUE;
}
