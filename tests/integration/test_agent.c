/* The agent's program with a real bus and a real door, a studio and a desk played here: a call's whole course, and the agent killed in it.
 */
#include "authority/authority.h"
#include "bus/agent1.h"
#include "bus/studio1.h"
#include "desk/door.h"
#include "desk/issuer.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "patience.h"
#include "scratch.h"

#define CALL  "c0123456789abcdef0123456789abcdef"
#define NONCE "0123456789abcdef0123456789abcdef"
#define KEY   "\"call\":\"" CALL "\",\"gen\":1"

static struct {
    char *folder, *config;
    GTestDBus *daemon;
    GDBusConnection *bus;
    BusStudio1 *studio;
    guint name;
    BusAgent1 *agent;
    GPid pid;
    DoorEvents events;
    DoorSettings settings;
    char *certificate, *key, *authority; /* of settings */
    Door *door;
    GThread *thread;
    DoorLink *link;      /* door's thread */
    GAsyncQueue *to_say; /* texts for the booth */
    GMutex lock;
    GString *journal; /* what the desk and the studio were told, in order */
    const char *resume;
    gint issues;  /* atomic: the desk gives certificates */
    gint64 until; /* Unix: when the one that it gave ends; after tell() */
} place;

static void tell(const char *who, const char *what)
{
    g_mutex_lock(&place.lock);
    g_string_append_printf(place.journal, "%s %s\n", who, what);
    g_mutex_unlock(&place.lock);
    g_main_context_wakeup(NULL);
}

/* Takes everything up to and with the first occurrence of what out of the journal. */
static gboolean take(const char *what)
{
    g_mutex_lock(&place.lock);
    const char *at = strstr(place.journal->str, what);
    if (at) g_string_erase(place.journal, 0, at - place.journal->str + (gssize)strlen(what));
    g_mutex_unlock(&place.lock);
    return at != NULL;
}

static gboolean wake(gpointer data)
{
    (void)data;
    return G_SOURCE_CONTINUE;
}

static void expect(const char *what)
{
    gint64 until = g_get_monotonic_time() + PATIENCE_US;
    guint waker = g_timeout_add(500, wake, NULL);
    while (!take(what)) {
        if (g_get_monotonic_time() > until) fail_msg("\"%s\" did not come, but:\n%s", what, place.journal->str);
        g_main_context_iteration(NULL, TRUE);
    }
    g_source_remove(waker);
}

static void expect_in_snapshot(const char *wanted)
{
    gint64 until = g_get_monotonic_time() + PATIENCE_US;
    guint waker = g_timeout_add(500, wake, NULL);
    while (!bus_agent1_get_snapshot(place.agent) || !strstr(bus_agent1_get_snapshot(place.agent), wanted)) {
        if (g_get_monotonic_time() > until) fail_msg("not %s: %s", wanted, bus_agent1_get_snapshot(place.agent));
        g_main_context_iteration(NULL, TRUE);
    }
    g_source_remove(waker);
}

static void expect_state(const char *state)
{
    g_autofree char *wanted = g_strdup_printf("\"state\":\"%s\"", state);
    expect_in_snapshot(wanted);
}

/* --- the desk, on the door's thread
 * ------------------------------------------------------------------------------------------------------- */

static void on_opened(void *data, DoorLink *link, DoorKind kind, const char *identity, const char *address)
{
    (void)data;
    (void)kind;
    (void)identity;
    (void)address;
    place.link = link;
}

static void answer(DoorLink *link, const json_t *message)
{
    g_autofree char *text = NULL;
    if (strcmp(wire_type(message), "hello") == 0) {
        text = g_strdup_printf("{\"t\":\"welcome\",\"desk\":\"d1\",\"now_utc\":%" G_GINT64_FORMAT ",\"ring_ms\":20000,\"wrapup_ms\":60000,"
                               "\"setup_ms\":20000,\"resume\":\"%s\",\"stored\":{\"epoch\":0,\"seq\":0}}",
                               g_get_real_time() / 1000, json_object_get(message, "call") ? place.resume : "none");
    } else if (strcmp(wire_type(message), "record") == 0) {
        text =
            g_strdup_printf("{\"t\":\"recorded\",\"epoch\":%d,\"seq\":%d}", (int)wire_int(message, "epoch"), (int)wire_int(message, "seq"));
    }
    if (text) door_send(link, text);
}

static void on_received(void *data, DoorLink *link, const char *text, size_t length)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    json_t *message = wire_decode(WIRE_BOOTH_TO_DESK, text, length, &error);
    if (!message) {
        tell("desk got nonsense:", error->message);
        return;
    }
    g_autofree char *copy = g_strndup(text, length);
    if (strcmp(wire_type(message), "status") != 0) tell("desk", copy);
    answer(link, message);
    json_decref(message);
}

static void on_closed(void *data, DoorLink *link)
{
    (void)data;
    if (place.link == link) place.link = NULL;
    tell("desk", "link closed");
}

/* POST /renew, as the registrar answers it. */
static void on_renew(void *data, DoorRequest *request)
{
    (void)data;
    static const char *const headers[] = {"content-type:", "application/json", NULL};
    g_autofree char *key = g_build_filename(place.folder, "tls", AUTHORITY_KEY, NULL), *authority = NULL;
    g_autofree char *text = g_strdup("{\"t\":\"refused\",\"why\":\"unavailable\"}"), *certificate = NULL;
    guint status = 503;
    if (g_atomic_int_get(&place.issues)) {
        json_t *message = wire_decode(WIRE_BOOTH_TO_REGISTRAR, request->body, request->length, NULL);
        const char *csr = wire_string(message, "csr");
        g_autoptr(Issuer) issuer = issuer_new(&(IssuerSettings){place.authority, key, 86400}, NULL);
        g_autoptr(IssuerRequest) asked = issuer_request_read(csr, strlen(csr), NULL);
        certificate = issuer_issue(issuer, asked, g_get_real_time() / G_USEC_PER_SEC, &place.until, NULL);
        g_file_get_contents(place.authority, &authority, NULL, NULL);
        g_free(text);
        text = wire_encode(WIRE_REGISTRAR_TO_BOOTH,
                           json_pack("{s:s, s:s, s:s}", "t", "enrolled", "certificate", certificate, "authority", authority));
        json_decref(message);
        status = 200;
    }
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    door_reply(request, status, headers, body);
    tell("desk", status == 200 ? "renewed" : "renewed nothing");
}

static const DoorRoute routes[] = {{"POST", "/renew", DOOR_BOOTHS, 16384, on_renew}, {NULL, NULL, 0, 0, NULL}};

static char *on_api(void *data, const char *path, const char *query)
{
    (void)data;
    (void)path;
    (void)query;
    return NULL;
}

static void on_woken(void *data)
{
    (void)data;
    char *text;
    while (place.link && (text = g_async_queue_try_pop(place.to_say))) {
        door_send(place.link, text);
        g_free(text);
    }
}

static void say(const char *text)
{
    g_async_queue_push(place.to_say, g_strdup(text));
    door_wake(place.door);
}

static gpointer serve(gpointer door)
{
    door_run(door);
    return NULL;
}

static void start_desk(void)
{
    GError *error = NULL;
    static const char *const origins[] = {NULL};
    place.certificate = g_build_filename(place.folder, "desk.crt", NULL);
    place.key = g_build_filename(place.folder, "desk.key", NULL);
    place.authority = g_build_filename(place.folder, "tls", AUTHORITY_CERTIFICATE, NULL);
    place.settings = (DoorSettings){.web_folder = place.folder,
                                    .text_folder = place.folder,
                                    .certificate = place.certificate,
                                    .key = place.key,
                                    .authority = place.authority,
                                    .origins = origins,
                                    .routes = routes,
                                    .tick_ms = 100,
                                    .links_max = 8};
    place.events = (DoorEvents){on_opened, on_received, on_closed, on_api, on_woken, NULL};
    place.door = door_open(&place.settings, &place.events, &error);
    if (!place.door) fail_msg("%s", error->message);
    place.thread = g_thread_new("desk", serve, place.door);
}

/* --- the studio
 * ---------------------------------------------------------------------------------------------------------------------------- */

static gboolean on_start(BusStudio1 *studio, GDBusMethodInvocation *call, const char *id, guint gen, guint pc, const char *const *codecs,
                         const char *ice, gpointer what)
{
    (void)ice;
    g_autofree char *text = g_strdup_printf("%s %s %u %s", (const char *)what, id, gen, codecs[0] ? codecs[0] : "-");
    tell("studio", text);
    bus_studio1_set_session(studio, g_variant_new("(suu)", id, gen, pc));
    g_dbus_method_invocation_return_value(call, NULL);
    if (strcmp(what, "Start") != 0) return TRUE;
    bus_studio1_emit_local_signal(studio, pc, "{\"kind\":\"offer\",\"sdp\":\"v=0\",\"codec\":\"H264\"}");
    return TRUE;
}

static guint session_pc(void)
{
    guint pc = 0;
    g_variant_get(bus_studio1_get_session(place.studio), "(suu)", NULL, NULL, &pc);
    return pc;
}

static gboolean on_stop(BusStudio1 *studio, GDBusMethodInvocation *call, gpointer data)
{
    (void)data;
    tell("studio", "Stop");
    bus_studio1_set_session(studio, g_variant_new("(suu)", "", 0, 0));
    bus_studio1_complete_stop(studio, call);
    return TRUE;
}

static gboolean on_mute(BusStudio1 *studio, GDBusMethodInvocation *call, gboolean muted, gpointer data)
{
    (void)data;
    tell("studio", muted ? "muted" : "unmuted");
    bus_studio1_complete_set_mute(studio, call);
    return TRUE;
}

static gboolean on_camera(BusStudio1 *studio, GDBusMethodInvocation *call, const char *view, gpointer data)
{
    (void)data;
    tell("studio", view);
    bus_studio1_complete_set_camera(studio, call);
    return TRUE;
}

static gboolean on_remote(BusStudio1 *studio, GDBusMethodInvocation *call, guint pc, const char *signal, gpointer data)
{
    (void)pc;
    (void)data;
    tell("studio", signal);
    bus_studio1_complete_remote_signal(studio, call);
    return TRUE;
}

#define WELL "{\"driver\":\"sim\",\"name\":\"s\",\"ok\":true,\"problem\":\"\"}"

static void start_studio(void)
{
    place.studio = bus_studio1_skeleton_new();
    bus_studio1_set_health(place.studio, "{\"camera\":{\"face\":" WELL ",\"product\":" WELL "},\"microphone\":" WELL ",\"speaker\":" WELL
                                         ",\"console\":" WELL ",\"demo\":" WELL ",\"media\":{\"state\":\"connected\"}}");
    bus_studio1_set_session(place.studio, g_variant_new("(suu)", "", 0, 0));
    g_signal_connect(place.studio, "handle-prepare", G_CALLBACK(on_start), (gpointer) "Prepare");
    g_signal_connect(place.studio, "handle-start", G_CALLBACK(on_start), (gpointer) "Start");
    g_signal_connect(place.studio, "handle-stop", G_CALLBACK(on_stop), NULL);
    g_signal_connect(place.studio, "handle-set-mute", G_CALLBACK(on_mute), NULL);
    g_signal_connect(place.studio, "handle-set-camera", G_CALLBACK(on_camera), NULL);
    g_signal_connect(place.studio, "handle-remote-signal", G_CALLBACK(on_remote), NULL);
    assert_true(g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(place.studio), place.bus, "/org/livebooth/Studio1", NULL));
    place.name = g_bus_own_name_on_connection(place.bus, "org.livebooth.Studio1", 0, NULL, NULL, NULL, NULL);
}

/* --- the agent
 * ------------------------------------------------------------------------------------------------------------------------------ */

static void start_agent(void)
{
    g_autofree char *program = g_build_filename(g_getenv("BUILD") ? g_getenv("BUILD") : "build", "bin/agent", NULL);
    char *arguments[] = {program, (char *)"--config", place.config, NULL};
    g_autoptr(GError) error = NULL;
    if (!g_spawn_async(NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &place.pid, &error)) fail_msg("%s", error->message);
}

static void end_agent(int signal)
{
    kill(place.pid, signal);
    waitpid(place.pid, NULL, 0);
    for (char *owner; (owner = g_dbus_proxy_get_name_owner(G_DBUS_PROXY(place.agent))); g_free(owner)) g_main_context_iteration(NULL, TRUE);
}

static int set_up(void **state)
{
    (void)state;
    GError *error = NULL;
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    static const char *const hosts[] = {"localhost", NULL};
    place.folder = scratch_new();
    place.journal = g_string_new(NULL);
    place.to_say = g_async_queue_new_full(g_free);
    place.resume = "kept";
    g_autofree char *tls = g_build_filename(place.folder, "tls", NULL);
    g_autofree char *desk_crt = g_build_filename(place.folder, "desk.crt", NULL);
    g_autofree char *desk_key = g_build_filename(place.folder, "desk.key", NULL), *crt = g_build_filename(place.folder, "b1.crt", NULL),
                    *key = g_build_filename(place.folder, "b1.key", NULL);
    if (!authority_create(tls, &error) || !authority_issue_desk(tls, hosts, desk_crt, desk_key, now - 60, now + 86400, &error) ||
        !authority_issue_booth(tls, "b1", crt, key, now - 60, now + 86400, &error))
        fail_msg("%s", error->message);
    place.daemon = g_test_dbus_new(G_TEST_DBUS_NONE);
    g_test_dbus_up(place.daemon);
    const char *address = g_test_dbus_get_bus_address(place.daemon);
    place.bus = g_dbus_connection_new_for_address_sync(
        address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, &error);
    assert_non_null(place.bus);
    start_desk();
    start_studio();
    g_autofree char *text =
        g_strdup_printf("[booth]\nid=b1\nstate=%s/state\nshare=%s\nbus=%s\n[desk]\naddress=wss://localhost:%d/ws/booth\n[tls]\n"
                        "authority=%s/authority.crt\ncertificate=%s\nkey=%s\n[panel]\ndriver=sim\n[sensors]\ndriver=sim\n",
                        place.folder, place.folder, address, door_booth_port(place.door), tls, crt, key);
    place.config = scratch_write(place.folder, "booth.conf", text);
    place.agent = bus_agent1_proxy_new_sync(place.bus, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, "org.livebooth.Agent1",
                                            "/org/livebooth/Agent1", NULL, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    end_agent(SIGTERM);
    door_stop(place.door);
    g_thread_join(place.thread);
    door_free(place.door);
    g_object_unref(place.agent);
    g_bus_unown_name(place.name);
    g_object_unref(place.studio);
    g_object_unref(place.bus);
    while (g_main_context_iteration(NULL, FALSE)) continue;
    g_test_dbus_stop(place.daemon);
    g_object_unref(place.daemon);
    scratch_remove(place.folder);
    g_async_queue_unref(place.to_say);
    g_string_free(place.journal, TRUE);
    g_free(place.certificate);
    g_free(place.key);
    g_free(place.authority);
    g_free(place.folder);
    g_free(place.config);
    return 0;
}

static void wish(const char *method, GVariant *arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) done =
        g_dbus_proxy_call_sync(G_DBUS_PROXY(place.agent), method, arguments, G_DBUS_CALL_FLAGS_NONE, 5000, NULL, &error);
    if (!done) fail_msg("%s: %s", method, error->message);
}

static void offer(const char *gen)
{
    g_autofree char *text =
        g_strdup_printf("{\"t\":\"offer\",\"call\":\"" CALL "\",\"gen\":%s,\"nonce\":\"" NONCE "\",\"topic\":\"tv\",\"lang\":\"en\","
                        "\"waited_ms\":5,\"codecs\":[\"VP8\",\"H264\"],\"ring_ms\":20000,\"ice_servers\":[]}",
                        gen);
    say(text);
}

static void killed_in_every_state_a_call_goes_on(void **state)
{
    (void)state;
    start_agent();
    expect("\"t\":\"hello\",\"v\":1,\"booth\":\"b1\"");
    expect_state("paused");
    wish("Ready", NULL);
    expect("\"t\":\"pull\"");
    end_agent(SIGKILL);
    start_agent(); /* ready: still wanted */
    expect("\"t\":\"pull\"");
    offer("1");
    expect("studio Prepare " CALL " 1 H264");
    end_agent(SIGKILL);
    expect("link closed");
    start_agent(); /* ringing: the desk has it back, the booth is ready */
    expect("\"t\":\"pull\"");
    offer("1");
    expect_state("ringing");
    wish("Accept", NULL);
    expect("\"t\":\"accept\"," KEY ",\"nonce\":\"" NONCE "\"");
    say("{\"t\":\"accepted\"," KEY "}");
    expect("studio Start " CALL " 1 H264");
    expect("\"kind\":\"offer\"");
    say("{\"t\":\"signal\"," KEY ",\"pc\":2,\"kind\":\"answer\",\"sdp\":\"v=0\"}");
    bus_studio1_emit_media_state(place.studio, session_pc(), "connected");
    expect("\"t\":\"media_up\"," KEY);
    expect_state("live");
    wish("Mute", g_variant_new("(b)", TRUE));
    end_agent(SIGKILL);
    expect("link closed");
    guint pc = session_pc();
    start_agent(); /* live: nothing is made anew, the mute is told again */
    expect("\"call\":{\"id\":\"" CALL "\"");
    expect_state("live");
    assert_true(strstr(bus_agent1_get_snapshot(place.agent), "\"muted\":true") != NULL);
    assert_int_equal(session_pc(), pc);
    wish("HangUp", NULL);
    expect("\"t\":\"end\"," KEY ",\"nonce\":\"" NONCE "\",\"reason\":\"hangup\"");
    say("{\"t\":\"ended\"," KEY ",\"outcome\":\"completed\",\"by\":\"booth\"}");
    expect_state("wrapup");
    end_agent(SIGKILL);
    start_agent();
    expect_state("wrapup");
    wish("Outcome", g_variant_new("(ss)", "sale", "77"));
    expect("\"outcome\":\"sale\",\"order\":\"77\",\"tags\":[],\"codec\":\"H264\"");
    expect_state("ready");
}

/* One that is nearly over, and the agent has just started: so it renews it at once. */
static void give_old_certificate(void)
{
    const gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *tls = g_build_filename(place.folder, "tls", NULL), *crt = g_build_filename(place.folder, "b1.crt", NULL),
                    *key = g_build_filename(place.folder, "b1.key", NULL);
    g_autoptr(GError) error = NULL;
    if (!authority_issue_booth(tls, "b1", crt, key, now - 100000, now + 1000, &error)) fail_msg("%s", error->message);
}

static void a_new_certificate_waits_for_the_end_of_the_call(void **state)
{
    (void)state;
    say("{\"t\":\"ended\"," KEY ",\"outcome\":\"completed\",\"by\":\"booth\"}"); /* who was killed then asks again */
    expect("\"t\":\"pull\"");
    offer("2");
    expect_state("ringing");
    wish("Accept", NULL);
    expect("\"t\":\"accept\"");
    say("{\"t\":\"accepted\",\"call\":\"" CALL "\",\"gen\":2}");
    expect("studio Start " CALL " 2 H264");
    bus_studio1_emit_media_state(place.studio, session_pc(), "connected");
    expect_state("live");
    end_agent(SIGKILL);
    expect("link closed");
    give_old_certificate();
    g_atomic_int_set(&place.issues, TRUE);
    start_agent();
    expect("desk renewed"); /* before or after its hello: they are two connections */
    g_autofree char *until = g_strdup_printf("\"until_utc\":%" G_GINT64_FORMAT, place.until * 1000);
    expect_in_snapshot(until);
    expect_state("live");
    wish("HangUp", NULL);
    expect("\"t\":\"end\"");
    say("{\"t\":\"ended\",\"call\":\"" CALL "\",\"gen\":2,\"outcome\":\"completed\",\"by\":\"booth\"}");
    expect_state("wrapup");
    assert_false(take("link closed")); /* the same link all the time */
    wish("Outcome", g_variant_new("(ss)", "none", ""));
    expect("link closed");
    expect("\"t\":\"hello\"");
    expect("\"t\":\"pull\"");
    expect_state("ready");
    assert_false(take("desk renewed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_in_every_state_a_call_goes_on),
                                       cmocka_unit_test(a_new_certificate_waits_for_the_end_of_the_call)};
    return cmocka_run_group_tests_name("agent", tests, set_up, tear_down);
}
