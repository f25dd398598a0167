/* shop: a small web shop for pictures and tests: serves the demo shop's product pictures, and has what a catalogue answers, what is shown
 * and a basket, with addresses that lead to it. */
#pragma once

#include <jansson.h>
#include <libsoup/soup.h>

typedef struct {
    SoupServer *server;
    char *address;
    json_t *list, *product, *compare, *basket;
} SampleShop;

static inline void shop_serve(SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer data)
{
    (void)server;
    (void)query;
    g_autofree char *name = g_path_get_basename(path), *file = g_build_filename((const char *)data, name, NULL);
    char *bytes = NULL;
    gsize length = 0;
    if (!g_file_get_contents(file, &bytes, &length, NULL)) {
        soup_server_message_set_status(message, SOUP_STATUS_NOT_FOUND, NULL);
        return;
    }
    soup_server_message_set_response(message, "image/png", SOUP_MEMORY_TAKE, bytes, length);
    soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
}

/* folder of the demo shop's pictures; file: shop.json. */
static inline SampleShop *sample_shop_new(const char *folder, const char *file)
{
    SampleShop *shop = g_new0(SampleShop, 1);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    shop->server = soup_server_new(NULL, NULL);
    soup_server_add_handler(shop->server, NULL, shop_serve, g_strdup(folder), g_free);
    if (!soup_server_listen_local(shop->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error)) g_error("%s", error->message);
    GSList *uris = soup_server_get_uris(shop->server);
    shop->address = g_strdup_printf("http://127.0.0.1:%d", g_uri_get_port(uris->data));
    g_slist_free_full(uris, (GDestroyNotify)g_uri_unref);
    if (!g_file_get_contents(file, &text, NULL, &error)) g_error("%s", error->message);
    g_auto(GStrv) parts = g_strsplit(text, "SHOP", -1);
    g_autofree char *here = g_strjoinv(shop->address, parts);
    json_t *all = json_loads(here, 0, NULL);
    if (!all) g_error("%s is no JSON", file);
    shop->list = json_incref(json_object_get(all, "list"));
    shop->product = json_incref(json_object_get(all, "product"));
    shop->compare = json_incref(json_object_get(all, "compare"));
    shop->basket = json_incref(json_object_get(all, "basket"));
    json_decref(all);
    return shop;
}

static inline void sample_shop_free(SampleShop *shop)
{
    g_object_unref(shop->server);
    json_decref(shop->list);
    json_decref(shop->product);
    json_decref(shop->compare);
    json_decref(shop->basket);
    g_free(shop->address);
    g_free(shop);
}
