#include "agent/catalogue_service.h"

#include "bus/names.h"
#include "catalogue/gtin.h"

struct CatalogueService {
    BusAgent1 *bus;
    CatalogueKeeper *keeper;
    const char *store;
    CatalogueView view;
    gint64 (*utc)(void *data);
    void *data;
};

/* NULL: the caller was told. */
static const CatalogueView *view_for(CatalogueService *service, GDBusMethodInvocation *call)
{
    const CatalogueView *view = catalogue_keeper_view(service->keeper, service->utc(service->data));
    if (!view) {
        g_dbus_method_invocation_return_dbus_error(call, BUS_NOT_FOUND, "the booth has no catalogue yet");
        return NULL;
    }
    service->view = *view;
    service->view.store = service->store;
    return &service->view;
}

/* Answers with found, which it takes; NULL: there is none. */
static void answer(CatalogueService *service, GDBusMethodInvocation *call, json_t *found)
{
    if (found) {
        char *text = json_dumps(found, JSON_COMPACT | JSON_REAL_PRECISION(3));
        g_dbus_method_invocation_return_value(call, g_variant_new("(s)", text));
        json_decref(found);
        free(text);
    } else {
        g_dbus_method_invocation_return_dbus_error(call, BUS_NOT_FOUND, "the catalogue has no such product");
    }
    catalogue_keeper_searched(service->keeper);
}

static gboolean on_products(BusAgent1 *bus, GDBusMethodInvocation *call, const char *query, guint limit, gpointer data)
{
    (void)bus;
    const CatalogueView *view = view_for(data, call);
    if (view) answer(data, call, catalogue_search(view, query, limit));
    return TRUE;
}

static gboolean on_product(BusAgent1 *bus, GDBusMethodInvocation *call, const char *id, gpointer data)
{
    (void)bus;
    const CatalogueView *view = view_for(data, call);
    if (view) answer(data, call, catalogue_by_id(view, id));
    return TRUE;
}

static gboolean on_product_by_code(BusAgent1 *bus, GDBusMethodInvocation *call, const char *code, gpointer data)
{
    (void)bus;
    gint64 number = 0;
    if (!gtin_read(code, &number)) {
        g_dbus_method_invocation_return_dbus_error(call, BUS_BAD_VALUE,
                                                   "this is no bar code of a product: 8, 12, 13 or 14 digits, the last a check digit");
        return TRUE;
    }
    const CatalogueView *view = view_for(data, call);
    if (view) answer(data, call, catalogue_by_code(view, number));
    return TRUE;
}

static gboolean on_accessories(BusAgent1 *bus, GDBusMethodInvocation *call, const char *id, guint limit, gpointer data)
{
    (void)bus;
    const CatalogueView *view = view_for(data, call);
    if (view) answer(data, call, catalogue_accessories(view, id, limit));
    return TRUE;
}

CatalogueService *catalogue_service_new(BusAgent1 *bus, CatalogueKeeper *keeper, const char *store, gint64 (*utc)(void *data), void *data)
{
    CatalogueService *service = g_new0(CatalogueService, 1);
    *service = (CatalogueService){.bus = bus, .keeper = keeper, .store = store, .utc = utc, .data = data};
    g_signal_connect(bus, "handle-products", G_CALLBACK(on_products), service);
    g_signal_connect(bus, "handle-product", G_CALLBACK(on_product), service);
    g_signal_connect(bus, "handle-product-by-code", G_CALLBACK(on_product_by_code), service);
    g_signal_connect(bus, "handle-accessories", G_CALLBACK(on_accessories), service);
    return service;
}

void catalogue_service_free(CatalogueService *service)
{
    if (!service) return;
    g_signal_handlers_disconnect_by_data(service->bus, service);
    g_free(service);
}
