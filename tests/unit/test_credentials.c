/* The booth's key and request, what an issuer makes of it, and what the booth takes: between, a power cut at every step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include "authority/authority.h"
#include "desk/issuer.h"
#include "enrol/credentials.h"
#include "link/identity.h"
#include "link/post.h"
#include "scratch.h"

#include <string.h>

typedef struct {
    char *folder, *authority, *authority_key, *certificate, *key, *new_key, *new_certificate;
    TransportIdentity identity;
    Issuer *issuer;
} Place;

static char *in(const Place *place, const char *name)
{
    return g_build_filename(place->folder, name, NULL);
}

static int set_up(void **state)
{
    Place *place = g_new0(Place, 1);
    place->folder = scratch_new();
    place->authority = in(place, AUTHORITY_CERTIFICATE);
    place->authority_key = in(place, AUTHORITY_KEY);
    place->certificate = in(place, "booth.crt");
    place->key = in(place, "booth.key");
    place->new_key = in(place, "booth.key.new");
    place->new_certificate = in(place, "booth.crt.new");
    place->identity = (TransportIdentity){place->authority, place->certificate, place->key};
    assert_true(authority_create(place->folder, NULL));
    place->issuer = issuer_new(&(IssuerSettings){place->authority, place->authority_key, 3600}, NULL);
    assert_non_null(place->issuer);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    Place *place = *state;
    issuer_free(place->issuer);
    scratch_remove(place->folder);
    char *texts[] = {place->folder, place->authority, place->authority_key,  place->certificate,
                     place->key,    place->new_key,   place->new_certificate};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) g_free(texts[i]);
    g_free(place);
    return 0;
}

static char *content(const char *path)
{
    char *text = NULL;
    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

/* A certificate for the booth's pending request, to g_free(). */
static char *issue(const Place *place, char **request_text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *request = credentials_request(&place->identity, "oslo-3", &error);
    if (!request) g_error("%s", error->message);
    g_autoptr(IssuerRequest) read = issuer_request_read(request, strlen(request), &error);
    if (!read) fail_msg("%s", error->message);
    assert_string_equal(issuer_request_booth(read), "oslo-3");
    gint64 until = 0, now = g_get_real_time() / G_USEC_PER_SEC;
    char *certificate = issuer_issue(place->issuer, read, now, &until, &error);
    if (!certificate) fail_msg("%s", error->message);
    assert_int_equal(until, now + 3600);
    if (request_text) *request_text = g_steal_pointer(&request);
    return certificate;
}

static void a_booth_gets_a_certificate(void **state)
{
    Place *place = *state;
    g_autoptr(GError) error = NULL;
    GStatBuf status;
    assert_false(credentials_exist(&place->identity));
    g_autofree char *certificate = issue(place, NULL);
    assert_int_equal(g_stat(place->new_key, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    if (!credentials_install(&place->identity, "oslo-3", certificate, NULL, &error)) fail_msg("%s", error->message);
    assert_true(credentials_exist(&place->identity));
    assert_int_not_equal(g_stat(place->new_key, &status), 0);
    assert_int_equal(link_check_certificate(&place->identity, &error), LINK_CERTIFICATE_GOOD);
    gint64 ends = 0, now = g_get_real_time() / G_USEC_PER_SEC;
    const gint64 at = credentials_renew_at(&place->identity, 0.5, &ends);
    assert_true(at > now + 2200 && at < now + 3000 && ends > now + 3500);
    /* openssl agrees: a client's certificate of this authority. */
    const char *argv[] = {"openssl", "verify",         "-x509_strict",     "-purpose", "sslclient",
                          "-CAfile", place->authority, place->certificate, NULL};
    int result = -1;
    assert_true(
        g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL, &result, NULL));
    assert_true(g_spawn_check_wait_status(result, NULL));
}

static void what_is_not_its_own_changes_nothing(void **state)
{
    Place *place = *state;
    g_autofree char *first = issue(place, NULL);
    assert_true(credentials_install(&place->identity, "oslo-3", first, NULL, NULL));
    g_autofree char *key = content(place->key);
    g_autofree char *next = issue(place, NULL);
    g_autofree char *other = in(place, "other"), *other_authority = g_build_filename(other, AUTHORITY_CERTIFICATE, NULL);
    g_autofree char *foreign = (assert_true(authority_create(other, NULL)), content(other_authority));
    const struct {
        const char *booth, *certificate, *authority, *says;
    } rows[] = {
        {"oslo-4", next, NULL, "not this booth's"},
        {"oslo-3", first, NULL, "another key"},
        {"oslo-3", next, foreign, "another authority"},
        {"oslo-3", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n", NULL, "certificate that came"},
        {"oslo-3", "", NULL, "certificate that came"},
        {"oslo-3", next, "x", "authority that came"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(credentials_install(&place->identity, rows[i].booth, rows[i].certificate, rows[i].authority, &error));
        if (!strstr(error->message, rows[i].says)) fail_msg("\"%s\" does not say \"%s\"", error->message, rows[i].says);
        g_autofree char *still = content(place->key), *trusted = content(place->authority);
        assert_string_equal(still, key);
        assert_string_not_equal(trusted, foreign);
    }
    assert_true(credentials_install(&place->identity, "oslo-3", next, NULL, NULL));
}

static void asks_again_with_the_same_key(void **state)
{
    Place *place = *state;
    g_autofree char *one = credentials_request(&place->identity, "oslo-3", NULL), *key = content(place->new_key);
    g_autofree char *two = credentials_request(&place->identity, "oslo-3", NULL), *same = content(place->new_key);
    assert_string_equal(key, same);
    g_autoptr(IssuerRequest) first = issuer_request_read(one, strlen(one), NULL), second = issuer_request_read(two, strlen(two), NULL);
    assert_string_equal(issuer_request_key(first), issuer_request_key(second));
    assert_true(g_file_set_contents(place->new_key, "spoilt", -1, NULL));
    g_autofree char *three = credentials_request(&place->identity, "oslo-3", NULL);
    g_autoptr(IssuerRequest) third = issuer_request_read(three, strlen(three), NULL);
    assert_string_not_equal(issuer_request_key(first), issuer_request_key(third));
}

/* The files as a cut leaves them, and that a pair that belongs together comes of it. */
static void survives_a_cut(void **state)
{
    Place *place = *state;
    g_autofree char *first = issue(place, NULL);
    assert_true(credentials_install(&place->identity, "oslo-3", first, NULL, NULL));
    for (guint step = 0; step < 3; step++) {
        g_autofree char *next = issue(place, NULL);
        assert_true(g_file_set_contents(place->new_certificate, step == 0 ? "torn" : next, -1, NULL));
        if (step == 2) assert_int_equal(g_rename(place->new_key, place->key), 0);
        g_autofree char *before = content(place->certificate);
        credentials_recover(&place->identity);
        g_autofree char *after = content(place->certificate);
        assert_int_equal(link_check_certificate(&place->identity, NULL), LINK_CERTIFICATE_GOOD);
        assert_false(g_file_test(place->new_certificate, G_FILE_TEST_EXISTS));
        assert_string_equal(after, step == 0 ? before : next);
    }
}

static void requests_are_read_strictly(void **state)
{
    Place *place = *state;
    g_autofree char *path = in(place, "r.pem"), *key = in(place, "r.key");
    static const struct {
        const char *type, *option, *subject, *says;
    } rows[] = {
        {"rsa:2048", "rsa_keygen_pubexp:65537", "/CN=oslo-3", "P-256"}, {"ec", "ec_paramgen_curve:P-384", "/CN=oslo-3", "P-256"},
        {"ec", "ec_paramgen_curve:P-256", "/CN=Oslo", "no booth's id"}, {"ec", "ec_paramgen_curve:P-256", "/O=x/CN=oslo-3", "not one CN"},
        {"ec", "ec_paramgen_curve:P-256", "/O=oslo-3", "not one CN"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *argv[] = {"openssl", "req",   "-new",          "-newkey", rows[i].type, "-pkeyopt", rows[i].option, "-nodes", "-keyout",
                              key,       "-subj", rows[i].subject, "-out",    path,         NULL};
        int result = -1;
        assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                                 &result, NULL));
        g_autofree char *pem = content(path);
        g_autoptr(GError) error = NULL;
        assert_non_null(pem);
        assert_null(issuer_request_read(pem, strlen(pem), &error));
        if (!strstr(error->message, rows[i].says)) fail_msg("\"%s\" does not say \"%s\"", error->message, rows[i].says);
    }
    g_autofree char *good = credentials_request(&place->identity, "oslo-3", NULL);
    /* Another byte of the signature, near the end of the base64. */
    char *at = strstr(good, "\n-----END") - 8;
    *at = *at == 'A' ? 'B' : 'A';
    assert_null(issuer_request_read(good, strlen(good), NULL));
    assert_null(issuer_request_read("", 0, NULL));
}

static void renewal_comes_after_two_thirds(void **state)
{
    (void)state;
    assert_int_equal(credentials_renewal_time(1000, 4000, 0), 3000);
    assert_int_equal(credentials_renewal_time(1000, 4000, 1), 3300);
    assert_int_equal(credentials_renewal_time(4000, 1000, 1), 4000);
}

static void answers_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        gboolean ended;
        PostResult result;
        const char *body;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", FALSE, POST_DONE, "{}"},
        {"HTTP/1.1 403 \r\ncontent-length:2\r\n\r\n{}more", FALSE, POST_DONE, "{}"},
        {"HTTP/1.0 200 OK\r\n\r\n{}", TRUE, POST_DONE, "{}"},
        {"HTTP/1.0 200 OK\r\n\r\n{}", FALSE, POST_MORE, NULL},
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", FALSE, POST_MORE, NULL},
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", TRUE, POST_BROKEN, NULL},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", TRUE, POST_BROKEN, NULL},
        {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", TRUE, POST_BROKEN, NULL},
        {"HTTP/1.1 2000\r\n\r\n", TRUE, POST_BROKEN, NULL},
        {"SSH-2.0\r\n\r\n", TRUE, POST_BROKEN, NULL},
        {"", FALSE, POST_MORE, NULL},
        {"", TRUE, POST_BROKEN, NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        guint status = 0;
        gsize at = 0, length = 0;
        g_autoptr(GError) error = NULL;
        const PostResult result =
            post_read_answer((const guint8 *)rows[i].text, strlen(rows[i].text), rows[i].ended, &status, &at, &length, &error);
        assert_int_equal(result, rows[i].result);
        assert_int_equal(error != NULL, result == POST_BROKEN);
        if (!rows[i].body) continue;
        assert_int_equal(length, strlen(rows[i].body));
        assert_memory_equal(rows[i].text + at, rows[i].body, length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_booth_gets_a_certificate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_its_own_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(asks_again_with_the_same_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(survives_a_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_are_read_strictly, set_up, tear_down),
        cmocka_unit_test(renewal_comes_after_two_thirds),
        cmocka_unit_test(answers_are_read_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
