/* The catalogue from a feed to a booth: desk import, JetStream, two desks, a booth that asks for it chunk by chunk. All real processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include <fcntl.h>
#include <nats/nats.h>
#include <sys/stat.h>

#include "catalogue/manifest.h"
#include "centre.h"

static int set_up(void **state)
{
    Centre *centre = centre_new("");
    centre_start_desk(centre, 0);
    *state = centre;
    return 0;
}

static int tear_down(void **state)
{
    centre_free(*state);
    return 0;
}

/* A feed with so many products, whose text hardly compresses; bad of them have no currency. */
static char *make_feed(const Centre *centre, guint products, guint bad, guint seed)
{
    g_autoptr(GString) text = g_string_new("id\ttitle\tdescription\tlink\timage_link\tavailability\tprice\n");
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    for (guint i = 0; i < products; i++) {
        g_string_append_printf(text, "p%u\tProduct %u\t", i, i);
        for (guint n = 0; n < 100; n++) g_string_append_printf(text, "%08x", g_rand_int(random));
        g_string_append_printf(text, "\thttps://a.example/\thttps://a.example/1.png\tin_stock\t%s\n", i < bad ? "1" : "1 NOK");
    }
    return scratch_write(centre->folder, "feed.tsv", text->str);
}

/* What `desk import` ends with; its output, to g_free(). */
static int import(const Centre *centre, const char *feed, const char *report, char **ret_out)
{
    const char *build = g_getenv("BUILD");
    g_autofree char *program = g_build_filename(build ? build : "build", "bin", "desk", NULL);
    const char *const argv[] = {program, "import", feed, "--config", centre->desks[0].config, report ? "--report" : NULL, report, NULL};
    g_autoptr(GSubprocess) process = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, NULL);
    assert_non_null(process);
    assert_true(g_subprocess_communicate_utf8(process, NULL, NULL, ret_out, NULL, NULL));
    return g_subprocess_get_exit_status(process);
}

static void import_well(const Centre *centre, guint products, guint seed)
{
    g_autofree char *feed = make_feed(centre, products, 0, seed), *out = NULL;
    if (import(centre, feed, NULL, &out) != 0) fail_msg("%s", out);
}

static CatalogueManifest expect_catalogue(Client *booth)
{
    CatalogueManifest manifest;
    json_t *message = client_expect(booth, "catalogue");
    assert_true(catalogue_manifest_read(message, &manifest, NULL));
    json_decref(message);
    return manifest;
}

static void ask(Client *booth, gint64 version, gint64 chunk)
{
    client_say(booth, json_pack("{s:s, s:I, s:I}", "t", "catalogue_get", "version", (json_int_t)version, "chunk", (json_int_t)chunk));
}

static void fetch(Client *booth, const CatalogueManifest *manifest)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (gint64 chunk = 0; chunk < catalogue_manifest_chunks(manifest); chunk++) {
        ask(booth, manifest->version, chunk);
        json_t *message = client_expect(booth, "catalogue_chunk");
        gsize length;
        g_autofree guchar *bytes = g_base64_decode(wire_string(message, "data"), &length);
        assert_int_equal(wire_int(message, "chunk"), chunk);
        assert_int_equal(length, catalogue_manifest_chunk_bytes(manifest, chunk));
        g_checksum_update(sum, bytes, (gssize)length);
        json_decref(message);
    }
    assert_string_equal(g_checksum_get_string(sum), manifest->sha256);
}

/* Messages in the stream. */
static guint64 stored(const Centre *centre)
{
    natsConnection *connection = NULL;
    jsCtx *js = NULL;
    jsStreamInfo *info = NULL;
    g_autofree char *address = g_strdup_printf("nats://127.0.0.1:%d", centre->nats_port);
    assert_int_equal(natsConnection_ConnectTo(&connection, address), NATS_OK);
    assert_int_equal(natsConnection_JetStream(&js, connection, NULL), NATS_OK);
    assert_int_equal(js_GetStreamInfo(&info, js, "CATALOGUE", NULL, NULL), NATS_OK);
    const guint64 messages = info->State.Msgs;
    jsStreamInfo_Destroy(info);
    jsCtx_Destroy(js);
    natsConnection_Destroy(connection);
    return messages;
}

static void test_feed_to_booth(void **state)
{
    Centre *centre = *state;
    centre_start_desk(centre, 1);
    Client *first = centre_booth(centre, 0, "b1", 1, NULL, NULL), *second = centre_booth(centre, 1, "b2", 1, NULL, NULL);
    import_well(centre, 300, 1);
    CatalogueManifest manifest = expect_catalogue(first), other = expect_catalogue(second);
    assert_int_equal(manifest.products, 300);
    assert_int_equal(manifest.version, other.version);
    assert_true(catalogue_manifest_chunks(&manifest) >= 3);
    fetch(first, &manifest);
    fetch(second, &manifest);
    assert_int_equal(stored(centre), catalogue_manifest_chunks(&manifest) + 1);
    /* Who comes later is told with the welcome. */
    Client *late = centre_booth(centre, 0, "b3", 1, NULL, NULL);
    other = expect_catalogue(late);
    assert_string_equal(manifest.sha256, other.sha256);
    client_free(first);
    client_free(second);
    client_free(late);
}

static void test_next_version(void **state)
{
    Centre *centre = *state;
    import_well(centre, 300, 1);
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL);
    const CatalogueManifest before = expect_catalogue(booth);
    ask(booth, before.version, 0);
    json_decref(client_expect(booth, "catalogue_chunk"));
    import_well(centre, 250, 2);
    const CatalogueManifest after = expect_catalogue(booth);
    assert_true(after.version > before.version);
    assert_int_equal(stored(centre), catalogue_manifest_chunks(&after) + 1); /* the old chunks are gone */
    ask(booth, before.version, 1);
    json_t *refused = client_expect(booth, "catalogue_refused");
    assert_string_equal(wire_string(refused, "why"), "stale");
    json_decref(refused);
    assert_int_equal(expect_catalogue(booth).version, after.version);
    fetch(booth, &after);
    ask(booth, after.version, 1000000);
    json_decref(client_expect(booth, "catalogue_refused"));
    /* The same products again: only the time is new. */
    g_autofree char *feed = g_build_filename(centre->folder, "feed.tsv", NULL), *out = NULL;
    const struct timespec times[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
    assert_int_equal(utimensat(AT_FDCWD, feed, times, 0), 0);
    assert_int_equal(import(centre, feed, NULL, &out), 0);
    CatalogueManifest again = expect_catalogue(booth);
    while (again.feed_utc != 1000000000) again = expect_catalogue(booth);
    assert_int_equal(again.version, after.version);
    client_free(booth);
}

static void test_bad_feed_changes_nothing(void **state)
{
    Centre *centre = *state;
    g_autofree char *report = g_build_filename(centre->folder, "report.tsv", NULL), *text = NULL, *out = NULL, *good_out = NULL,
                    *none = NULL;
    import_well(centre, 20, 1);
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL);
    const CatalogueManifest before = expect_catalogue(booth);
    g_autofree char *bad = make_feed(centre, 20, 5, 2);
    assert_int_equal(import(centre, bad, report, &out), 1);
    assert_non_null(strstr(out, "5 of 20 products would be refused"));
    assert_true(g_file_get_contents(report, &text, NULL, NULL));
    assert_non_null(strstr(text, "refused\t2\tp0\tprice\tit has no currency\t"));
    assert_int_equal(stored(centre), catalogue_manifest_chunks(&before) + 1);
    assert_int_equal(import(centre, "/nowhere/feed.xml", NULL, &none), 1);
    assert_non_null(strstr(none, "cannot be opened"));
    /* With fewer bad ones the others are taken. */
    g_autofree char *fair = make_feed(centre, 20, 4, 3);
    assert_int_equal(import(centre, fair, report, &good_out), 0);
    assert_int_equal(expect_catalogue(booth).products, 16);
    client_free(booth);
}

static void test_one_at_a_time(void **state)
{
    Centre *centre = *state;
    import_well(centre, 300, 1);
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL);
    const CatalogueManifest manifest = expect_catalogue(booth);
    /* The bus holds its answer back, so that the first question is still open when the second one comes. */
    g_subprocess_send_signal(centre->nats->process, SIGSTOP);
    ask(booth, manifest.version, 0);
    ask(booth, manifest.version, 1);
    json_decref(client_expect(booth, "error"));
    g_subprocess_send_signal(centre->nats->process, SIGCONT);
    json_decref(client_expect(booth, "catalogue_chunk"));
    fetch(booth, &manifest);
    client_free(booth);
}

static void test_bus_away(void **state)
{
    Centre *centre = *state;
    import_well(centre, 300, 1);
    Client *booth = centre_booth(centre, 0, "b1", 1, NULL, NULL);
    const CatalogueManifest manifest = expect_catalogue(booth);
    centre_kill(&centre->nats, SIGKILL);
    ask(booth, manifest.version, 2);
    json_t *refused = client_expect(booth, "catalogue_refused");
    assert_string_equal(wire_string(refused, "why"), "unavailable");
    json_decref(refused);
    centre_start_nats(centre);
    for (guint i = 0; i < PATIENCE_MS / 200; i++) {
        ask(booth, manifest.version, 2);
        json_t *chunk = client_take(booth, "catalogue_chunk", 200);
        json_decref(chunk);
        if (!chunk) continue;
        fetch(booth, &manifest);
        client_free(booth);
        return;
    }
    fail_msg("it did not come back");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_feed_to_booth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_next_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_feed_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bus_away, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
