/* desk: the call desk. This file only puts the parts together. */
#define G_LOG_DOMAIN "desk"

#include <errno.h>
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk/account_command.h"
#include "desk/commands.h"
#include "desk/enrol_office.h"
#include "desk/exchange.h"
#include "desk/import.h"
#include "desk/jetstream.h"
#include "desk/ledger_config.h"
#include "desk/metrics_page.h"
#include "desk/routes.h"
#include "journal/journal.h"
#include "wire/wire.h"

#define BUS_WAIT_MS  30000
#define VIEW_WAIT_MS 10000
#define SETTLE_MS    1500
#define LINKS_MAX    10000

static const ConfigKey keys[] = {
    {"desk", "port", CONFIG_INT, "8080", 0, 65535, "the HTTP port"},
    {"desk", "booth_port", CONFIG_INT, "8443", 0, 65535, "the TLS port of the booths"},
    {"desk", "bind", CONFIG_STRING, "", 0, 0, "an address of this computer, or nothing for every one"},
    {"desk", "share", CONFIG_STRING, NULL, 0, 0, "the folder with web/ and text/"},
    {"desk", "origins", CONFIG_LIST, "", 0, 0, "web shops, such as https://shop.example, or *"},
    {"tls", "authority", CONFIG_STRING, NULL, 0, 0, "PEM file of the booths' authority"},
    {"tls", "certificate", CONFIG_STRING, NULL, 0, 0, "PEM file of the desk's certificate"},
    {"tls", "key", CONFIG_STRING, NULL, 0, 0, "PEM file of its key"},
    {"bus", "servers", CONFIG_LIST, "nats://127.0.0.1:4222", 0, 0, "nats://HOST:PORT, several with ;"},
    {"bus", "replicas", CONFIG_INT, "1", 1, 5, "of the streams: 1, or 3 on a cluster"},
    {"queue", "topics", CONFIG_LIST, "tv;computers;phones;appliances;other", 0, 0, "words, several with ;"},
    {"queue", "ring_s", CONFIG_INT, "20", 1, 600, "seconds"},
    {"queue", "wrapup_s", CONFIG_INT, "60", 0, 3600, "seconds"},
    {"queue", "setup_s", CONFIG_INT, "20", 1, 600, "seconds"},
    {"queue", "leave_s", CONFIG_INT, "10", 1, 600, "seconds"},
    {"queue", "service_s", CONFIG_INT, "20", 1, 3600, "seconds within which a shopper should be answered"},
    {"queue", "shoppers_max", CONFIG_INT, "2000", 1, 100000, "shoppers in line"},
    {"queue", "asks_per_minute", CONFIG_INT, "600", 1, 1000000, "from one address, or one IPv6 /64"},
    {"hours", "mon", CONFIG_STRING, "00:00-24:00", 0, 0, "closed or HH:MM-HH:MM"},
    {"hours", "tue", CONFIG_STRING, "00:00-24:00", 0, 0, "closed or HH:MM-HH:MM"},
    {"hours", "wed", CONFIG_STRING, "00:00-24:00", 0, 0, "closed or HH:MM-HH:MM"},
    {"hours", "thu", CONFIG_STRING, "00:00-24:00", 0, 0, "closed or HH:MM-HH:MM"},
    {"hours", "fri", CONFIG_STRING, "00:00-24:00", 0, 0, "closed or HH:MM-HH:MM"},
    {"hours", "sat", CONFIG_STRING, "00:00-24:00", 0, 0, "closed or HH:MM-HH:MM"},
    {"hours", "sun", CONFIG_STRING, "00:00-24:00", 0, 0, "closed or HH:MM-HH:MM"},
    {"hours", "timezone", CONFIG_STRING, "Europe/Oslo", 0, 0, "an IANA time zone"},
    {"hours", "closed_days", CONFIG_LIST, "", 0, 0, "YYYY-MM-DD, several with ;"},
    {"ice", "stun", CONFIG_LIST, "", 0, 0, "stun:HOST:PORT, several with ;"},
    {"ice", "turn", CONFIG_LIST, "", 0, 0, "turn:HOST:PORT?transport=udp, several with ;"},
    {"ice", "turn_secret_file", CONFIG_STRING, "", 0, 0, "file with coturn's static-auth-secret"},
    {"ice", "turn_lifetime_s", CONFIG_INT, "3600", 60, 86400, "seconds"},
    {"metrics", "token_file", CONFIG_STRING, "", 0, 0, "file with the token that reads /metrics"},
    LEDGER_CONFIG_KEYS,
    {"ops", "accounts", CONFIG_STRING, "", 0, 0, "file of who may log in to the ops page"},
    {"catalogue", "refused_max", CONFIG_INT, "20", 0, 100, "percent of a feed's products"},
    {"enrolment", "certificate", CONFIG_STRING, "", 0, 0, "PEM file of the authority that issues booths' certificates; [tls] authority"},
    {"enrolment", "key", CONFIG_STRING, "", 0, 0, "its key: a PEM file, or a URI of OpenSSL; without it this desk issues nothing"},
    {"enrolment", "authority", CONFIG_STRING, "", 0, 0, "PEM file of what booths shall trust; [tls] authority"},
    {"enrolment", "lifetime_s", CONFIG_INT, "7776000", 10, 315360000, "seconds that a booth's certificate is good"},
    {NULL, NULL, CONFIG_STRING, NULL, 0, 0, NULL},
};

static Door *serving; /* for the signal handler alone */

static void on_terminate(G_GNUC_UNUSED int number)
{
    if (serving) door_stop(serving); /* NOLINT(bugprone-signal-handler): door.h says that it is safe there */
}

static int fail(const GError *error)
{
    fprintf(stderr, "desk: %s\n", error ? error->message : "it did not work, and there is no reason known");
    return EXIT_FAILURE;
}

/* Topics are words of the protocol and bits of a set. */
static gboolean check_topics(const char *const *topics, GError **error)
{
    guint count = g_strv_length((char **)topics);
    for (const char *const *topic = topics; *topic; topic++) {
        gsize length = strlen(*topic);
        if (length > 0 && length <= 64 && strspn(*topic, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == length)
            continue;
        g_set_error(error, CONFIG_ERROR, 0, "[queue] topics: \"%s\" is no word of letters, digits, _, - and . with 64 at most.", *topic);
        return FALSE;
    }
    if (count == 0 || count > 62) g_set_error(error, CONFIG_ERROR, 0, "[queue] topics: there must be 1 to 62 of them, not %u.", count);
    return count > 0 && count <= 62;
}

static gboolean wait_for_view(Exchange *exchange, Store *store, GError **error)
{
    for (gint64 until = g_get_monotonic_time() + VIEW_WAIT_MS * 1000LL; g_get_monotonic_time() < until;) {
        store_dispatch(store);
        if (exchange_is_ready(exchange)) return TRUE;
        g_usleep(5000);
    }
    g_set_error(error, JETSTREAM_ERROR, 0, "The bus answers, but did not show its calls within %d s.", VIEW_WAIT_MS / 1000);
    return FALSE;
}

static Ledger *open_ledger(const Config *config, Exchange *exchange, GError **error)
{
    LedgerSettings settings;
    ledger_config_read(config, &settings);
    settings.wake = exchange_store_events(exchange)->wake;
    settings.data = exchange_store_events(exchange)->data;
    return ledger_open(&settings, error);
}

static gboolean open_and_run(const Config *config, Exchange *exchange, Ops *ops, Registrar *registrar, GError **error)
{
    g_autofree char *web = g_build_filename(config_string(config, "desk", "share"), "web", NULL);
    g_autofree char *text = g_build_filename(config_string(config, "desk", "share"), "text", NULL);
    const char *bind_address = config_string(config, "desk", "bind");
    const char *token_file = config_string(config, "metrics", "token_file");
    g_autofree char *metrics_hash = token_file[0] ? metrics_page_read_token(token_file, error) : NULL;
    if (token_file[0] && !metrics_hash) return FALSE;
    Ledger *ledger = open_ledger(config, exchange, error);
    if (!ledger) return FALSE;
    RouteParts parts = {.exchange = exchange, .ops = ops, .registrar = registrar, .ledger = ledger, .metrics_hash = metrics_hash};
    const DoorSettings settings = {
        .port = (int)config_int(config, "desk", "port"),
        .booth_port = (int)config_int(config, "desk", "booth_port"),
        .bind_address = bind_address[0] ? bind_address : NULL,
        .web_folder = web,
        .text_folder = text,
        .certificate = config_string(config, "tls", "certificate"),
        .key = config_string(config, "tls", "key"),
        .authority = config_string(config, "tls", "authority"),
        .origins = config_list(config, "desk", "origins"),
        .routes = routes_table(),
        .route_data = &parts,
        .ops = ops_door_events(ops),
        .admit_ops = ops_admit,
        .tick_ms = 100,
        .links_max = LINKS_MAX,
    };
    Door *door = door_open(&settings, exchange_door_events(exchange), error);
    if (!door) {
        ledger_close(ledger);
        return FALSE;
    }
    exchange_set_ledger(exchange, ledger);
    exchange_set_door(exchange, door);
    serving = door;
    signal(SIGTERM, on_terminate);
    signal(SIGINT, on_terminate);
    g_message("ready: http port %d, booths' port %d", door_port(door), door_booth_port(door));
    door_run(door);
    /* Its last answers are for requests that the door still has. */
    exchange_set_ledger(exchange, NULL);
    ledger_close(ledger);
    exchange_set_door(exchange, NULL);
    serving = NULL;
    door_free(door);
    exchange_settle(exchange, SETTLE_MS);
    return TRUE;
}

static gboolean run(const Config *config, GError **error)
{
    g_autoptr(Hours) hours = hours_new(config, error);
    if (!hours) return FALSE;
    g_autoptr(Turn) turn = turn_new(config, error);
    if (!turn || !check_topics(config_list(config, "queue", "topics"), error)) return FALSE;
    g_autofree char *secret = wire_new_secret();
    g_autofree char *instance = g_strdup_printf("d%.12s", secret);
    const ExchangeSettings settings = {
        .instance = instance,
        .topics = config_list(config, "queue", "topics"),
        .ring_ms = config_int(config, "queue", "ring_s") * 1000,
        .wrapup_ms = config_int(config, "queue", "wrapup_s") * 1000,
        .setup_ms = config_int(config, "queue", "setup_s") * 1000,
        .leave_ms = config_int(config, "queue", "leave_s") * 1000,
        .service_ms = config_int(config, "queue", "service_s") * 1000,
        .shoppers_max = (guint)config_int(config, "queue", "shoppers_max"),
        .asks_per_minute = (guint)config_int(config, "queue", "asks_per_minute"),
        .hours = hours,
        .turn = turn,
    };
    const StoreSettings bus = {
        .servers = config_list(config, "bus", "servers"),
        .replicas = (int)config_int(config, "bus", "replicas"),
        .instance = instance,
        .start_timeout_ms = BUS_WAIT_MS,
        .retention_days = (guint)config_int(config, "privacy", "retention_days"),
    };
    Exchange *exchange = exchange_new(&settings);
    const OpsSettings ops_settings = {
        .accounts = config_string(config, "ops", "accounts"), .servers = bus.servers, .retention_days = bus.retention_days};
    Ops *ops = ops_new(&ops_settings, exchange);
    exchange_set_hooks(exchange, ops_hooks(ops));
    Store *store = store_open(&bus, exchange_store_events(exchange), error);
    exchange_set_store(exchange, store);
    if (store) ops_begin(ops);
    const StoreEvents *events = exchange_store_events(exchange);
    CatalogueStore *catalogue = store ? catalogue_store_open(bus.servers, events->wake, events->data) : NULL;
    exchange_set_catalogue(exchange, catalogue);
    Registrar *registrar = store ? registrar_new(config, store, error) : NULL;
    gboolean well = registrar && wait_for_view(exchange, store, error) && open_and_run(config, exchange, ops, registrar, error);
    exchange_set_hooks(exchange, NULL);
    ops_free(ops);
    catalogue_store_close(catalogue);
    registrar_free(registrar);
    store_close(store);
    exchange_free(exchange);
    return well;
}

int main(int argc, char **argv)
{
    g_autofree char *path = NULL, *format = NULL, *report = NULL, *role = NULL;
    g_autoptr(GError) error = NULL;
    setlocale(LC_ALL, "C.UTF-8");
    if (argc > 1 && strcmp(argv[1], "enrol") == 0) return enrol_office_run(argc - 1, argv + 1, keys);
    const GOptionEntry options[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &path, "settings (default: /etc/livebooth/desk.conf)", "FILE"},
        {"format", 0, 0, G_OPTION_ARG_STRING, &format, "import: xml or tsv; without it, by how the feed begins", "FORMAT"},
        {"report", 0, 0, G_OPTION_ARG_FILENAME, &report, "import: all that was refused or left out, tab-separated", "FILE"},
        {"role", 0, 0, G_OPTION_ARG_STRING, &role, "account add: viewer, operator or admin", "ROLE"},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context =
        g_option_context_new("[records | calls | figures | export | erase | import FEED | account ... | enrol ...] - the call desk");
    g_option_context_set_summary(context,
                                 "Without a command it serves. \"records\" prints what calls came to, as JSON lines,\n"
                                 "\"calls\" what the booths have on record of them (--since, --csv, --json),\n"
                                 "\"figures\" what they come to together (docs/kpi.md).\n"
                                 "\"export\" and \"erase\" are for what is kept of one shopper.\n"
                                 "\"import\" makes a product feed the catalogue that booths have.\n"
                                 "\"account add NAME\", \"account remove NAME\" and \"account list\" say who may log in to the ops page.\n"
                                 "\"enrol\" makes and revokes booths' tokens and certificates; enrol --help tells more.");
    g_option_context_add_main_entries(context, options, NULL);
    g_option_context_add_group(context, commands_options());
    if (!g_option_context_parse(context, &argc, &argv, &error)) return fail(error);
    const gboolean command = argc == 2 && commands_know(argv[1]);
    gboolean import = argc == 3 && strcmp(argv[1], "import") == 0;
    gboolean account = argc > 1 && strcmp(argv[1], "account") == 0;
    if ((argc > 1 && !command && !import && !account) || ((format || report) && !import) || (role && !account)) {
        fprintf(stderr, "desk: there is no such command, or not with these options; desk --help tells what there is.\n");
        return EXIT_FAILURE;
    }
    journal_open();
    signal(SIGPIPE, SIG_IGN);
    g_autoptr(Config) config = config_load(path ? path : "/etc/livebooth/desk.conf", keys, &error);
    if (!config) return fail(error);
    if (account) return account_command(config, (const char *const *)argv + 2, role, &error) ? EXIT_SUCCESS : fail(error);
    if (import) {
        const ImportSettings settings = {argv[2], format, report};
        return import_feed(config, &settings, &error) ? EXIT_SUCCESS : fail(error);
    }
    const gboolean well = command ? commands_run(config, argv[1], &error) : run(config, &error);
    return well ? EXIT_SUCCESS : fail(error);
}
