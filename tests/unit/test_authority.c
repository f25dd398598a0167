/* authority: openssl's own verification of what it issues, and refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include "authority/authority.h"
#include "scratch.h"

#define DAY 86400

typedef struct {
    char *folder, *authority, *certificate, *key;
    gint64 now;
} Place;

static int set_up(void **state)
{
    Place *place = g_new0(Place, 1);
    g_autoptr(GError) error = NULL;
    place->folder = scratch_new();
    place->authority = g_build_filename(place->folder, AUTHORITY_CERTIFICATE, NULL);
    place->certificate = g_build_filename(place->folder, "x.crt", NULL);
    place->key = g_build_filename(place->folder, "x.key", NULL);
    place->now = g_get_real_time() / G_USEC_PER_SEC;
    *state = place;
    return authority_create(place->folder, &error) ? 0 : -1;
}

static int tear_down(void **state)
{
    Place *place = *state;
    scratch_remove(place->folder);
    g_free(place->folder);
    g_free(place->authority);
    g_free(place->certificate);
    g_free(place->key);
    g_free(place);
    return 0;
}

/* Runs openssl; whether it was content. What it printed is appended to said, if that is given. */
static gboolean openssl(GString *said, ...)
{
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    g_ptr_array_add(args, (gpointer) "openssl");
    va_list list;
    va_start(list, said);
    for (const char *arg; (arg = va_arg(list, const char *));) g_ptr_array_add(args, (gpointer)arg);
    va_end(list);
    g_ptr_array_add(args, NULL);
    g_autofree char *out = NULL, *err = NULL;
    int status = -1;
    assert_true(g_spawn_sync(NULL, (char **)args->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status, NULL));
    if (said) g_string_append(g_string_append(said, out), err);
    return g_spawn_check_wait_status(status, NULL);
}

static guint mode_of(const char *path)
{
    GStatBuf status;
    assert_int_equal(g_stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void issues_for_desks(void **state)
{
    Place *place = *state;
    g_autoptr(GError) error = NULL;
    static const char *const hosts[] = {"desk.example", "*.shops.example", "127.0.0.1", "::1", "localhost", NULL};
    if (!authority_issue_desk(place->folder, hosts, place->certificate, place->key, place->now - 60, place->now + DAY, &error))
        fail_msg("%s", error->message);
#define VERIFY(...) openssl(NULL, "verify", "-x509_strict", "-CAfile", place->authority, __VA_ARGS__, place->certificate, NULL)
    assert_true(VERIFY("-purpose", "sslserver", "-verify_hostname", "desk.example"));
    assert_true(VERIFY("-purpose", "sslserver", "-verify_hostname", "oslo.shops.example"));
    assert_true(VERIFY("-purpose", "sslserver", "-verify_ip", "127.0.0.1"));
    assert_true(VERIFY("-purpose", "sslserver", "-verify_ip", "::1"));
    assert_false(VERIFY("-purpose", "sslserver", "-verify_hostname", "other.example"));
    assert_false(VERIFY("-purpose", "sslserver", "-verify_ip", "127.0.0.2"));
    assert_false(VERIFY("-purpose", "sslclient"));
    assert_int_equal(mode_of(place->key), 0600);
    assert_int_equal(mode_of(place->certificate) & 0133, 0);
}

static void issues_for_booths(void **state)
{
    Place *place = *state;
    g_autoptr(GError) error = NULL;
    assert_true(g_file_set_contents(place->key, "old", -1, NULL));
    assert_int_equal(g_chmod(place->key, 0644), 0);
    if (!authority_issue_booth(place->folder, "oslo-1", place->certificate, place->key, place->now - 60, place->now + DAY, &error))
        fail_msg("%s", error->message);
    assert_true(VERIFY("-purpose", "sslclient"));
    assert_false(VERIFY("-purpose", "sslserver"));
    assert_int_equal(mode_of(place->key), 0600);
    g_autoptr(GString) said = g_string_new(NULL);
    assert_true(openssl(said, "x509", "-noout", "-subject", "-issuer", "-nameopt", "RFC2253", "-in", place->certificate, NULL));
    assert_non_null(strstr(said->str, "subject=CN=oslo-1\n"));
    g_autoptr(GString) public_key = g_string_new(NULL), of_key = g_string_new(NULL);
    assert_true(openssl(public_key, "x509", "-noout", "-pubkey", "-in", place->certificate, NULL));
    assert_true(openssl(of_key, "pkey", "-pubout", "-in", place->key, NULL));
    assert_string_equal(public_key->str, of_key->str);
}

static void keeps_to_the_validity(void **state)
{
    Place *place = *state;
    g_autoptr(GError) error = NULL;
    assert_true(authority_issue_booth(place->folder, "b1", place->certificate, place->key, place->now - 2 * DAY, place->now - DAY, &error));
    assert_false(VERIFY("-purpose", "sslclient"));
    g_autofree char *then = g_strdup_printf("%" G_GINT64_FORMAT, place->now - DAY - 60);
    /* the authority itself is younger than that moment */
    assert_true(VERIFY("-purpose", "sslclient", "-partial_chain", "-no_check_time"));
    assert_false(VERIFY("-purpose", "sslclient", "-attime", then));
    assert_true(authority_issue_booth(place->folder, "b1", place->certificate, place->key, place->now + DAY, place->now + 2 * DAY, &error));
    assert_false(VERIFY("-purpose", "sslclient"));
    assert_false(authority_issue_booth(place->folder, "b1", place->certificate, place->key, place->now, place->now, &error));
}

static void authorities_differ(void **state)
{
    Place *place = *state;
    g_autofree char *other = scratch_new();
    assert_true(authority_create(other, NULL));
    assert_true(authority_issue_booth(other, "b1", place->certificate, place->key, place->now - 60, place->now + DAY, NULL));
    assert_false(VERIFY("-purpose", "sslclient"));
    scratch_remove(other);
}

static void refuses(void **state)
{
    Place *place = *state;
    g_autoptr(GError) error = NULL;
    assert_int_equal(mode_of(place->folder), 0700);
    g_autofree char *key = g_build_filename(place->folder, AUTHORITY_KEY, NULL);
    assert_int_equal(mode_of(key), 0600);
    assert_false(authority_create(place->folder, &error));
    assert_non_null(strstr(error->message, "already holds an authority"));
    static const char *const booths[] = {"", "B1", "a,CN=b", "a b", "../x", "abcdefghijklmnopqrstuvwxyz0123456789"};
    for (guint i = 0; i < G_N_ELEMENTS(booths); i++)
        assert_false(authority_issue_booth(place->folder, booths[i], place->certificate, place->key, place->now, place->now + DAY, NULL));
    static const char *const hosts[][2] = {{NULL}, {""}, {"a b"}, {"-a.example"}, {"a..b"}, {"*"}, {"a.*.b"}, {"1.2.3.4.5:80"}};
    for (guint i = 0; i < G_N_ELEMENTS(hosts); i++) {
        if (authority_issue_desk(place->folder, hosts[i], place->certificate, place->key, place->now, place->now + DAY, NULL))
            fail_msg("\"%s\" was taken", hosts[i][0]);
    }
    assert_false(g_file_test(place->certificate, G_FILE_TEST_EXISTS));
    assert_false(g_file_test(place->key, G_FILE_TEST_EXISTS));
    g_clear_error(&error);
    assert_false(authority_issue_booth("/nowhere", "b1", place->certificate, place->key, place->now, place->now + DAY, &error));
    assert_non_null(strstr(error->message, "/nowhere holds no authority"));
    g_clear_error(&error);
    assert_false(authority_issue_booth(place->folder, "b1", "/nowhere/x.crt", "/nowhere/x.key", place->now, place->now + DAY, &error));
    assert_non_null(strstr(error->message, "/nowhere/x.key"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(issues_for_desks), TEST(issues_for_booths), TEST(keeps_to_the_validity),
                                       TEST(authorities_differ), TEST(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
