#include "agent/shop.h"

#include "agent/basket.h"
#include "agent/show.h"
#include "agent/sold.h"
#include "bus/names.h"
#include "catalogue/gtin.h"

#include <string.h>

#define ID_MAX 200 /* bytes */

struct Shop {
    BusAgent1 *bus;
    CatalogueKeeper *keeper;
    const ShopEvents *events;
    Show *show;
    Basket *basket;
    Sold *sold;
    const char *template, *store, *booth; /* of the configuration */
    BoothState state;
    char call[40];
    gint64 renewed; /* feed's time of the catalogue that show and basket are from */
};

static json_t *find_product(void *data, const char *id)
{
    Shop *shop = data;
    if (strlen(id) > ID_MAX) return NULL;
    const CatalogueView *view = catalogue_keeper_view(shop->keeper, shop->events->utc(shop->events->data));
    json_t *product = view ? catalogue_by_id(view, id) : NULL;
    if (view) catalogue_keeper_searched(shop->keeper);
    return product;
}

static ShowSource source_of(Shop *shop)
{
    return (ShowSource){find_product, shop->store, shop};
}

static gboolean in_call(const Shop *shop)
{
    return shop->state == BOOTH_CONNECTING || shop->state == BOOTH_LIVE;
}

/* --- what is said on the bus ---------------------------------------------------------------------------------------------------------- */

static gboolean refuse(GDBusMethodInvocation *call, const char *name, const char *why)
{
    g_dbus_method_invocation_return_dbus_error(call, name, why);
    return TRUE;
}

/* Answered after the change is published: whoever asks next finds it. */
static gboolean done(Shop *shop, GDBusMethodInvocation *call)
{
    shop->events->changed(shop->events->data);
    g_dbus_method_invocation_return_value(call, NULL);
    return TRUE;
}

static void count_shown(Shop *shop)
{
    json_t *shown = show_json(shop->show);
    sold_show(shop->sold, shown);
    json_decref(shown);
}

static gboolean show(Shop *shop, GDBusMethodInvocation *call, const char *kind, const char *const *ids)
{
    g_autoptr(GError) error = NULL;
    const ShowSource source = source_of(shop);
    if (shop->state == BOOTH_STARTING) return refuse(call, BUS_WRONG_STATE, "the booth is starting");
    if (!show_set(shop->show, &source, kind, ids, &error))
        return refuse(call, error->code == SHOW_NOT_FOUND ? BUS_NOT_FOUND : BUS_BAD_VALUE, error->message);
    if (in_call(shop)) count_shown(shop);
    return done(shop, call);
}

static gboolean on_show(BusAgent1 *bus, GDBusMethodInvocation *call, const char *kind, const char *const *ids, gpointer data)
{
    (void)bus;
    return show(data, call, kind, ids);
}

static gboolean on_show_next(BusAgent1 *bus, GDBusMethodInvocation *call, gint step, gpointer data)
{
    (void)bus;
    Shop *shop = data;
    if (!show_turn(shop->show, step)) return refuse(call, BUS_WRONG_STATE, "there is no other picture");
    return done(shop, call);
}

static gboolean on_show_hide(BusAgent1 *bus, GDBusMethodInvocation *call, gpointer data)
{
    (void)bus;
    Shop *shop = data;
    show_clear(shop->show);
    return done(shop, call);
}

static gboolean on_scan(BusAgent1 *bus, GDBusMethodInvocation *call, const char *code, gpointer data)
{
    (void)bus;
    Shop *shop = data;
    gint64 number = 0;
    if (!gtin_read(code, &number)) return refuse(call, BUS_BAD_VALUE, "this is no bar code of a product, or its check digit is wrong");
    const CatalogueView *view = catalogue_keeper_view(shop->keeper, shop->events->utc(shop->events->data));
    json_t *product = view ? catalogue_by_code(view, number) : NULL;
    if (view) catalogue_keeper_searched(shop->keeper);
    if (!product) return refuse(call, BUS_NOT_FOUND, "the catalogue has no product with that bar code");
    const char *ids[] = {json_string_value(json_object_get(product, "id")), NULL};
    show(shop, call, "product", ids);
    json_decref(product);
    return TRUE;
}

static gboolean on_basket_put(BusAgent1 *bus, GDBusMethodInvocation *call, const char *id, guint quantity, gpointer data)
{
    (void)bus;
    Shop *shop = data;
    if (!in_call(shop)) return refuse(call, BUS_WRONG_STATE, "a basket belongs to a call");
    json_t *product = find_product(shop, id);
    if (!product) return refuse(call, BUS_NOT_FOUND, "the catalogue has no such product");
    json_t *trimmed = show_trim(product, shop->store);
    const char *why = basket_put(shop->basket, trimmed, quantity);
    if (!why) sold_add(shop->sold, product);
    json_decref(trimmed);
    json_decref(product);
    return why ? refuse(call, BUS_BAD_VALUE, why) : done(shop, call);
}

/* So many more than there are. */
static gboolean on_basket_add(BusAgent1 *bus, GDBusMethodInvocation *call, const char *id, guint quantity, gpointer data)
{
    Shop *shop = data;
    guint more = MIN(quantity, BASKET_QUANTITY_MAX + 1);
    return on_basket_put(bus, call, id, more ? basket_quantity(shop->basket, id) + more : 0, data);
}

static gboolean on_basket_remove(BusAgent1 *bus, GDBusMethodInvocation *call, const char *id, gpointer data)
{
    (void)bus;
    Shop *shop = data;
    if (!in_call(shop)) return refuse(call, BUS_WRONG_STATE, "a basket belongs to a call");
    if (!basket_remove(shop->basket, id)) return refuse(call, BUS_NOT_FOUND, "that is not in the basket");
    return done(shop, call);
}

/* --- life ----------------------------------------------------------------------------------------------------------------------------- */

Shop *shop_new(const Config *config, BusAgent1 *bus, CatalogueKeeper *keeper, const ShopEvents *events, GError **error)
{
    static const struct {
        const char *signal;
        GCallback callback;
    } handlers[] = {
        {"handle-show", G_CALLBACK(on_show)},
        {"handle-show-next", G_CALLBACK(on_show_next)},
        {"handle-show-hide", G_CALLBACK(on_show_hide)},
        {"handle-scan", G_CALLBACK(on_scan)},
        {"handle-basket-add", G_CALLBACK(on_basket_add)},
        {"handle-basket-set", G_CALLBACK(on_basket_put)},
        {"handle-basket-remove", G_CALLBACK(on_basket_remove)},
    };
    const char *template = config_string(config, "shop", "checkout");
    if (*template && !basket_is_template(template)) {
        g_set_error(error, SHOW_ERROR, SHOW_BAD_VALUE,
                    "[shop] checkout: \"%s\" is no address such as https://shop.example/cart?items={items}", template);
        return NULL;
    }
    Shop *shop = g_new0(Shop, 1);
    *shop = (Shop){.bus = bus,
                   .keeper = keeper,
                   .events = events,
                   .show = show_new(),
                   .basket = basket_new(),
                   .sold = sold_new(),
                   .template = template,
                   .store = config_string(config, "booth", "store"),
                   .booth = config_string(config, "booth", "id"),
                   .state = BOOTH_STARTING};
    for (guint i = 0; i < G_N_ELEMENTS(handlers); i++) g_signal_connect(bus, handlers[i].signal, handlers[i].callback, shop);
    return shop;
}

void shop_free(Shop *shop)
{
    if (!shop) return;
    g_signal_handlers_disconnect_by_data(shop->bus, shop);
    show_free(shop->show);
    basket_free(shop->basket);
    sold_free(shop->sold);
    g_free(shop);
}

void shop_follow(Shop *shop, const Booth *booth)
{
    gboolean was_in_call = in_call(shop), rings = booth->state == BOOTH_RINGING && shop->state != BOOTH_RINGING;
    shop->state = booth->state;
    g_strlcpy(shop->call, in_call(shop) ? booth->call.key.id : "", sizeof shop->call);
    if (rings || (was_in_call && !in_call(shop))) show_clear(shop->show);
    if (in_call(shop)) return;
    basket_clear(shop->basket);
    sold_clear(shop->sold);
}

void shop_renew(Shop *shop)
{
    const CatalogueView *view = catalogue_keeper_view(shop->keeper, shop->events->utc(shop->events->data));
    if (!view || view->feed_utc == shop->renewed) return;
    shop->renewed = view->feed_utc;
    const ShowSource source = source_of(shop);
    gboolean shown = show_renew(shop->show, &source), filled = basket_renew(shop->basket, find_product, shop);
    if (shown || filled) shop->events->changed(shop->events->data);
}

void shop_tell(const Shop *shop, json_t *snapshot)
{
    g_autofree char *link = basket_checkout(shop->basket, shop->template, shop->call, shop->booth);
    json_object_set_new(snapshot, "show", show_json(shop->show));
    json_object_set_new(snapshot, "basket", basket_json(shop->basket));
    json_object_set_new(snapshot, "checkout", json_string(link ? link : ""));
}

void shop_count(const Shop *shop, BoothSold *counts)
{
    json_t *basket = basket_json(shop->basket);
    sold_count(shop->sold, basket, counts);
    json_decref(basket);
}

json_t *shop_save(const Shop *shop)
{
    return in_call(shop) ? json_pack("{s:o, s:o, s:o}", "show", show_json(shop->show), "basket", basket_json(shop->basket), "sold",
                                     sold_save(shop->sold))
                         : NULL;
}

void shop_restore(Shop *shop, const json_t *saved)
{
    show_restore(shop->show, json_object_get(saved, "show"));
    basket_restore(shop->basket, json_object_get(saved, "basket"));
    sold_restore(shop->sold, json_object_get(saved, "sold"));
}
