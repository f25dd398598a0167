/* doorway: for tests of the desk's door: a door on free ports with a thread of its own, certificates made here, pages and routes; a journal
 * of what it tells and logs; and links to it. */
#pragma once

#include <glib.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authority/authority.h"
#include "desk/door.h"
#include "patience.h"
#include "peer.h"
#include "scratch.h"

#define DOORWAY_LINKS_MAX 6
#define DOORWAY_DAY       86400
#define DOORWAY_LARGE     3000000 /* bytes of /large.bin and /long */
#define DOORWAY_LONG_TEXT 20000   /* bytes of /long.txt */

static struct {
    char *folder, *web, *text, *authority;
    DoorSettings settings;
    DoorEvents events;
    Door *door;
    GThread *thread;
    pthread_mutex_t lock; /* not GMutex, which ThreadSanitizer does not know */
    pthread_cond_t said;
    GString *journal; /* what the door told and logged, a line each */
    gint woken;
    DoorRequest *late; /* that is answered later */
} doorway = {.lock = PTHREAD_MUTEX_INITIALIZER, .said = PTHREAD_COND_INITIALIZER};

/* --- the journal ------------------------------------------------------------------------------------------------------------------- */

/* With the lock held, until something is said or the monotonic time came. */
static inline gboolean journal_wait(gint64 until)
{
    struct timespec time = {.tv_sec = until / G_USEC_PER_SEC, .tv_nsec = until % G_USEC_PER_SEC * 1000};
    return pthread_cond_clockwait(&doorway.said, &doorway.lock, CLOCK_MONOTONIC, &time) == 0;
}

G_GNUC_PRINTF(1, 2) static inline void journal_add(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&doorway.lock);
    g_string_append_vprintf(doorway.journal, format, args);
    g_string_append_c(doorway.journal, '\n');
    pthread_cond_broadcast(&doorway.said);
    pthread_mutex_unlock(&doorway.lock);
    va_end(args);
}

static inline void journal_clear(void)
{
    pthread_mutex_lock(&doorway.lock);
    g_string_truncate(doorway.journal, 0);
    pthread_mutex_unlock(&doorway.lock);
}

static inline gboolean journal_has(const char *what)
{
    pthread_mutex_lock(&doorway.lock);
    gboolean told = strstr(doorway.journal->str, what) != NULL;
    pthread_mutex_unlock(&doorway.lock);
    return told;
}

static inline void journal_expect(const char *what)
{
    gint64 until = g_get_monotonic_time() + PATIENCE_US;
    pthread_mutex_lock(&doorway.lock);
    while (!strstr(doorway.journal->str, what) && journal_wait(until)) continue;
    g_autofree char *journal = strstr(doorway.journal->str, what) ? NULL : g_strdup(doorway.journal->str);
    pthread_mutex_unlock(&doorway.lock);
    if (journal) fail_msg("\"%s\" was not told, but:\n%s", what, journal);
}

static inline GLogWriterOutput journal_keep_log(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
    (void)level;
    (void)data;
    for (gsize i = 0; i < count; i++) {
        if (strcmp(fields[i].key, "MESSAGE") == 0) journal_add("log: %s", (const char *)fields[i].value);
    }
    return G_LOG_WRITER_HANDLED;
}

/* --- what the door tells: messages are commands -----------------------------------------------------------------------------------------
 */

static inline void doorway_on_opened(void *data, DoorLink *link, DoorKind kind, const char *identity, const char *address)
{
    assert_ptr_equal(data, &doorway);
    door_set_data(link, &doorway);
    journal_add("opened %s %s %s", kind == DOOR_BOOTH ? "booth" : kind == DOOR_OPS ? "ops" : "shopper", identity ? identity : "-", address);
}

static inline void doorway_on_received(void *data, DoorLink *link, const char *text, size_t length)
{
    assert_ptr_equal(data, &doorway);
    assert_ptr_equal(door_data(link), &doorway);
    if (g_str_has_prefix(text, "close ")) {
        door_send(link, "before");
        door_close(link, atoi(text + 6), "as asked");
        door_close(link, 1000, "too late");
        door_send(link, "after");
    } else if (strcmp(text, "flood") == 0) {
        g_autofree char *piece = g_strnfill(60000, 'x');
        for (guint i = 0; i < 6; i++) door_send(link, piece);
    } else if (length < 1000) {
        door_send(link, text);
    }
    journal_add("received %zu bytes", length);
}

static inline void doorway_on_closed(void *data, DoorLink *link)
{
    assert_ptr_equal(data, &doorway);
    assert_non_null(link);
    journal_add("closed");
}

static inline char *doorway_on_api(void *data, const char *path, const char *query)
{
    assert_ptr_equal(data, &doorway);
    return strcmp(path, "/api/echo") == 0 ? g_strdup_printf("{\"query\":\"%s\"}", query) : NULL;
}

/* --- routes: a late answer is given by the next request for /late/now */

static inline void doorway_answer(DoorRequest *request, const char *text)
{
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    static const char *const headers[] = {"content-type:", "text/plain", "set-cookie:", "a=1; HttpOnly", NULL};
    door_reply(request, 201, headers, body);
}

static inline void doorway_answer_at_length(DoorRequest *request)
{
    static const char *const headers[] = {"content-type:", "text/plain", NULL};
    g_autoptr(GString) text = g_string_sized_new(DOORWAY_LARGE);
    for (gsize i = 0; i < DOORWAY_LARGE; i++) g_string_append_c(text, (char)('a' + i % 23));
    g_autoptr(GBytes) body = g_bytes_new(text->str, text->len);
    door_reply(request, 200, headers, body);
}

static inline void doorway_on_route(void *data, DoorRequest *request)
{
    assert_ptr_equal(data, &doorway);
    if (strcmp(request->path, "/long") == 0) {
        doorway_answer_at_length(request);
        return;
    }
    g_autofree char *text = g_strdup_printf("%s %s?%s %s [%s] cookie=%s type=%s %s", request->method, request->path, request->query,
                                            request->identity ? request->identity : "-", request->body, request->cookie,
                                            request->content_type, request->secure ? "secure" : "plain");
    journal_add("asked: %s", text);
    if (strcmp(request->path, "/late") == 0) {
        doorway.late = request;
        return;
    }
    if (strcmp(request->path, "/late/now") == 0) doorway_answer(g_steal_pointer(&doorway.late), "late");
    doorway_answer(request, text);
}

static const DoorRoute doorway_routes[] = {
    {"GET", "/late", DOOR_PAGES, 0, doorway_on_route},
    {"GET", "/late/now", DOOR_PAGES, 0, doorway_on_route},
    {"POST", "/form", DOOR_PAGES | DOOR_STRANGERS, 10, doorway_on_route},
    {"DELETE", "/form", DOOR_PAGES, 0, doorway_on_route},
    {"POST", "/long", DOOR_PAGES, 10, doorway_on_route},
    {"GET", "/tree/*", DOOR_PAGES, 0, doorway_on_route},
    {"GET", "/own", DOOR_BOOTHS, 0, doorway_on_route},
    {NULL, NULL, 0, 0, NULL},
};

static inline char *doorway_on_admit(void *data, const char *cookie)
{
    assert_ptr_equal(data, &doorway);
    return strcmp(cookie, "key=open") == 0 ? g_strdup("olav") : NULL;
}

static inline void doorway_on_woken(void *data)
{
    assert_ptr_equal(data, &doorway);
    g_atomic_int_inc(&doorway.woken);
    pthread_mutex_lock(&doorway.lock);
    pthread_cond_broadcast(&doorway.said);
    pthread_mutex_unlock(&doorway.lock);
}

static inline gpointer doorway_run(gpointer door)
{
    door_run(door);
    return NULL;
}

/* --- pages and certificates ----------------------------------------------------------------------------------------------------------- */

static inline void doorway_write_pages(void)
{
    g_autofree char *images = g_build_filename(doorway.web, "img", NULL), *link = g_build_filename(doorway.web, "link.html", NULL),
                    *large = g_malloc(DOORWAY_LARGE + 1);
    assert_int_equal(g_mkdir(doorway.web, 0755) | g_mkdir(doorway.text, 0755) | g_mkdir(images, 0755), 0);
    for (gsize i = 0; i < DOORWAY_LARGE; i++) large[i] = (char)('a' + i % 23);
    large[DOORWAY_LARGE] = '\0';
    g_free(scratch_write(doorway.web, "index.html", "<!doctype html><title>shop</title>"));
    g_free(scratch_write(doorway.web, "ops.html", "<!doctype html><title>ops</title>"));
    g_free(scratch_write(doorway.web, "element.js", "export {};"));
    g_free(scratch_write(doorway.web, "large.bin", large));
    g_autofree char *even = g_strnfill(DOORWAY_LONG_TEXT, 'a');
    g_free(scratch_write(doorway.web, "long.txt", even));
    g_free(scratch_write(doorway.web, ".hidden", "hidden"));
    g_free(scratch_write(images, "logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"));
    g_free(scratch_write(doorway.text, "nb.json", "{}"));
    g_autofree char *secret = scratch_write(doorway.folder, "secret", "secret-content");
    assert_int_equal(symlink(secret, link), 0);
}

static inline void doorway_issue(const char *folder, const char *name, gint64 from, gint64 until)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *base = g_build_filename(folder, name, NULL);
    g_autofree char *certificate = g_strconcat(base, ".crt", NULL), *key = g_strconcat(base, ".key", NULL);
    static const char *const hosts[] = {"localhost", "127.0.0.1", NULL};
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    gboolean issued = strcmp(name, "desk") == 0 ? authority_issue_desk(folder, hosts, certificate, key, now + from, now + until, &error)
                                                : authority_issue_booth(folder, name, certificate, key, now + from, now + until, &error);
    if (!issued) fail_msg("%s", error->message);
}

static inline void doorway_make_certificates(void)
{
    assert_true(authority_create(doorway.authority, NULL));
    doorway_issue(doorway.authority, "desk", -60, DOORWAY_DAY);
    doorway_issue(doorway.authority, "oslo-1", -60, DOORWAY_DAY);
}

/* --- opening and shutting ------------------------------------------------------------------------------------------------------------- */

static inline int doorway_open(void **state)
{
    (void)state;
    static const char *const origins[] = {"https://shop.example", NULL};
    doorway.journal = g_string_new(NULL);
    doorway.folder = scratch_new();
    doorway.web = g_build_filename(doorway.folder, "web", NULL);
    doorway.text = g_build_filename(doorway.folder, "text", NULL);
    doorway.authority = g_build_filename(doorway.folder, "authority", NULL);
    doorway_write_pages();
    doorway_make_certificates();
    g_log_set_writer_func(journal_keep_log, NULL, NULL);
    doorway.events = (DoorEvents){doorway_on_opened, doorway_on_received, doorway_on_closed, doorway_on_api, doorway_on_woken, &doorway};
    doorway.settings = (DoorSettings){.bind_address = "127.0.0.1",
                                      .web_folder = doorway.web,
                                      .text_folder = doorway.text,
                                      .certificate = g_build_filename(doorway.authority, "desk.crt", NULL),
                                      .key = g_build_filename(doorway.authority, "desk.key", NULL),
                                      .authority = g_build_filename(doorway.authority, AUTHORITY_CERTIFICATE, NULL),
                                      .origins = origins,
                                      .routes = doorway_routes,
                                      .route_data = &doorway,
                                      .ops = &doorway.events,
                                      .admit_ops = doorway_on_admit,
                                      .tick_ms = 250,
                                      .links_max = DOORWAY_LINKS_MAX};
    g_autoptr(GError) error = NULL;
    doorway.door = door_open(&doorway.settings, &doorway.events, &error);
    if (!doorway.door) fail_msg("%s", error->message);
    doorway.thread = g_thread_new("door", doorway_run, doorway.door);
    return 0;
}

static inline int doorway_shut(void **state)
{
    (void)state;
    if (doorway.thread) {
        door_stop(doorway.door);
        g_thread_join(doorway.thread);
    }
    door_free(doorway.door);
    scratch_remove(doorway.folder);
    g_free((char *)doorway.settings.certificate);
    g_free((char *)doorway.settings.key);
    g_free((char *)doorway.settings.authority);
    g_free(doorway.folder);
    g_free(doorway.web);
    g_free(doorway.text);
    g_free(doorway.authority);
    g_string_free(doorway.journal, TRUE);
    return 0;
}

/* --- links to it ------------------------------------------------------------------------------------------------------------------------
 */

/* TLS with the certificate NAME.crt, NAME.key of folder; NULL name: none. FALSE: refused, at once or (TLS 1.3) at the first read. */
static inline Peer *doorway_connect_booth(const char *folder, const char *name, int version, gboolean *accepted)
{
    Peer *peer = peer_connect(door_booth_port(doorway.door));
    g_autofree char *authority = g_build_filename(doorway.authority, AUTHORITY_CERTIFICATE, NULL);
    peer->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(peer->context, version);
    assert_int_equal(SSL_CTX_load_verify_locations(peer->context, authority, NULL), 1);
    SSL_CTX_set_verify(peer->context, SSL_VERIFY_PEER, NULL);
    if (name) {
        g_autofree char *base = g_build_filename(folder, name, NULL);
        g_autofree char *certificate = g_strconcat(base, ".crt", NULL), *key = g_strconcat(base, ".key", NULL);
        assert_int_equal(SSL_CTX_use_certificate_chain_file(peer->context, certificate), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey_file(peer->context, key, SSL_FILETYPE_PEM), 1);
    }
    peer->tls = SSL_new(peer->context);
    SSL_set_fd(peer->tls, peer->fd);
    *accepted = SSL_connect(peer->tls) == 1;
    ERR_clear_error();
    return peer;
}

#define UPGRADE(path, more)                                                                                                                \
    "GET " path " HTTP/1.1\r\nHost: desk.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"            \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" more "\r\n"
#define AS_SHOPPER "Sec-WebSocket-Protocol: livebooth.shopper.v1\r\n"
#define AS_BOOTH   "Sec-WebSocket-Protocol: livebooth.booth.v1\r\n"
#define AS_OPS     "Sec-WebSocket-Protocol: livebooth.ops.v1\r\n"

static inline Peer *doorway_link_shopper(void)
{
    Peer *peer = peer_connect(door_port(doorway.door));
    assert_true(peer_say(peer, UPGRADE("/ws/shopper", AS_SHOPPER)));
    assert_true(peer_await(peer, "\r\n\r\n"));
    if (!g_str_has_prefix(peer->got->str, "HTTP/1.1 101")) fail_msg("no link: %s", peer->got->str);
    assert_non_null(strstr(peer->got->str, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    g_string_erase(peer->got, 0, strstr(peer->got->str, "\r\n\r\n") + 4 - peer->got->str);
    return peer;
}

static inline Peer *doorway_link_booth(const char *name, int version)
{
    gboolean accepted = FALSE;
    Peer *peer = doorway_connect_booth(doorway.authority, name, version, &accepted);
    assert_true(accepted);
    assert_true(peer_say(peer, UPGRADE("/ws/booth", AS_BOOTH)));
    assert_true(peer_await(peer, "\r\n\r\n"));
    if (!g_str_has_prefix(peer->got->str, "HTTP/1.1 101")) fail_msg("no link: %s", peer->got->str);
    g_string_erase(peer->got, 0, strstr(peer->got->str, "\r\n\r\n") + 4 - peer->got->str);
    return peer;
}
