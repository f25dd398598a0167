/* turn: the list for browsers and booths, credentials against a known value, refusals of settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include "desk/turn.h"
#include "scratch.h"

static const ConfigKey keys[] = {
    {"ice", "stun", CONFIG_LIST, "", 0, 0, ""},
    {"ice", "turn", CONFIG_LIST, "", 0, 0, ""},
    {"ice", "turn_secret_file", CONFIG_STRING, "", 0, 0, ""},
    {"ice", "turn_lifetime_s", CONFIG_INT, "3600", 60, 86400, ""},
    {NULL, NULL, CONFIG_STRING, NULL, 0, 0, NULL},
};

/* settings, in which SECRET stands for a file that holds secret; NULL: there is no such file. */
static Turn *turn_of(const char *settings, const char *secret, GError **error)
{
    g_autofree char *folder = scratch_new();
    g_autofree char *file = secret ? scratch_write(folder, "secret", secret) : g_build_filename(folder, "missing", NULL);
    g_auto(GStrv) parts = g_strsplit(settings, "SECRET", -1);
    g_autofree char *text = g_strjoinv(file, parts);
    g_autofree char *whole = g_strconcat("[ice]\n", text, NULL);
    g_autofree char *path = scratch_write(folder, "desk.conf", whole);
    g_autoptr(Config) config = config_load(path, keys, error);
    assert_non_null(config);
    Turn *turn = turn_new(config, error);
    scratch_remove(folder);
    return turn;
}

static void lists_servers(void **state)
{
    (void)state;
    /* openssl: printf 1433895918:506 | openssl dgst -sha1 -hmac logen -binary | base64 */
    static const struct {
        const char *settings, *expected;
    } table[] = {
        {"", "[]"},
        {"stun=stun:stun.example:3478\n", "[{\"urls\":[\"stun:stun.example:3478\"]}]"},
        {"turn=turn:t.example:3478?transport=udp;turns:t.example:5349\nturn_secret_file=SECRET\nturn_lifetime_s=86400\n",
         "[{\"urls\":[\"turn:t.example:3478?transport=udp\",\"turns:t.example:5349\"],\"username\":\"1433895918:506\","
         "\"credential\":\"ZJZlcjDYgFyRpsWEiXCEgc7jrz4=\"}]"},
        {"stun=stun:[2001:db8::1]:3478\nturn=turn:t.example\nturn_secret_file=SECRET\nturn_lifetime_s=86400\n",
         "[{\"urls\":[\"stun:[2001:db8::1]:3478\"]},{\"urls\":[\"turn:t.example\"],\"username\":\"1433895918:506\","
         "\"credential\":\"ZJZlcjDYgFyRpsWEiXCEgc7jrz4=\"}]"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Turn) turn = turn_of(table[i].settings, "logen\n", &error);
        if (!turn) fail_msg("row %u: %s", i, error->message);
        json_t *servers = turn_ice_servers(turn, "506", (G_GINT64_CONSTANT(1433895918) - 86400) * 1000 + 999);
        char *text = json_dumps(servers, JSON_COMPACT);
        assert_string_equal(text, table[i].expected);
        free(text);
        json_decref(servers);
    }
}

static void refuses_settings(void **state)
{
    (void)state;
    static const struct {
        const char *settings, *secret, *names;
    } bad[] = {
        {"stun=turn:a\n", "x", "stun"},
        {"stun=stun:\n", "x", "stun"},
        {"stun=stun.example\n", "x", "stun"},
        {"turn=stun:a\nturn_secret_file=SECRET\n", "x", "turn"},
        {"turn=turn:a b\nturn_secret_file=SECRET\n", "x", "turn"},
        {"turn=turn:a\n", "x", "static-auth-secret"},
        {"turn=turn:a\nturn_secret_file=SECRET\n", NULL, "No such file"},
        {"turn=turn:a\nturn_secret_file=SECRET\n", "", "holds no secret"},
        {"turn=turn:a\nturn_secret_file=SECRET\n", " \n", "holds no secret"},
        {"turn=turn:a\nturn_secret_file=SECRET\n", "one\ntwo\n", "holds no secret"},
        {"stun=stun:a;stun:a;stun:a;stun:a;stun:a;stun:a;stun:a;stun:a;stun:a;stun:a;stun:a;stun:a;stun:a;stun:a;stun:a;stun:a;stun:a\n",
         "x", "too many"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Turn) turn = turn_of(bad[i].settings, bad[i].secret, &error);
        if (turn) fail_msg("row %u was taken", i);
        if (!strstr(error->message, bad[i].names)) fail_msg("row %u: %s", i, error->message);
    }
    turn_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lists_servers), cmocka_unit_test(refuses_settings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
