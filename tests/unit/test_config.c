/* config: values, defaults, and one clear sentence for every kind of mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include "config/config.h"
#include "scratch.h"

static const ConfigKey keys[] = {
    {"desk", "port", CONFIG_INT, "8080", 0, 65535, "the port of the pages"},
    {"desk", "share", CONFIG_STRING, NULL, 0, 0, "folder of the pages"},
    {"desk", "origins", CONFIG_LIST, "a;b", 0, 0, "web shops"},
    {"media", "loopback", CONFIG_BOOL, "false", 0, 0, "for one computer"},
    {NULL, NULL, CONFIG_STRING, NULL, 0, 0, NULL},
};

static Config *load(const char *text, gssize length, GError **error)
{
    g_autofree char *folder = scratch_new();
    g_autofree char *path = g_build_filename(folder, "desk.conf", NULL);
    assert_true(g_file_set_contents(path, text, length, NULL));
    Config *config = config_load(path, keys, error);
    scratch_remove(folder);
    return config;
}

static void reads_values(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config =
        load("# a comment\n\n[desk]\n port = 0 \nshare=/x=y\r\norigins = https://a ; ;https://b;\n[media]\nloopback=true\n", -1, &error);
    if (!config) fail_msg("%s", error->message);
    assert_int_equal(config_int(config, "desk", "port"), 0);
    assert_string_equal(config_string(config, "desk", "share"), "/x=y");
    assert_true(config_bool(config, "media", "loopback"));
    const char *const *origins = config_list(config, "desk", "origins");
    assert_string_equal(origins[0], "https://a");
    assert_string_equal(origins[1], "https://b");
    assert_null(origins[2]);
}

static void falls_back(void **state)
{
    (void)state;
    g_autoptr(Config) config = load("[desk]\nshare=/s\nshare=/t\n", -1, NULL);
    assert_int_equal(config_int(config, "desk", "port"), 8080);
    assert_false(config_bool(config, "media", "loopback"));
    assert_string_equal(config_list(config, "desk", "origins")[1], "b");
    assert_string_equal(config_string(config, "desk", "share"), "/t");
    config_free(NULL);
}

static void refuses_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        gssize length;
        const char *says;
    } bad[] = {
        {"[desk]\nport=1\n", -1, "section [desk] must have share (folder of the pages)"},
        {"[desk]\nport=65536\n", -1, "line 2: \"65536\" is not a whole number from 0 to 65535"},
        {"[desk]\nport=-1\n", -1, "line 2"},
        {"[desk]\nport=80x\n", -1, "line 2"},
        {"[desk]\nport=\n", -1, "line 2"},
        {"[desk]\nshare=/s\n[media]\nloopback=yes\n", -1, "line 4: \"yes\" is neither true nor false"},
        {"[dask]\n", -1, "line 1: there is no section [dask]; did you mean [desk]?"},
        {"[desk]\n[webshop]\n", -1, "line 2: there is no section [webshop]"},
        {"[desk]\n\nprot=1\n", -1, "line 3: section [desk] has no key \"prot\"; did you mean \"port\"?"},
        {"[desk]\nloopback=true\n", -1, "line 2: section [desk] has no key \"loopback\"; it belongs into a section such as [media]"},
        {"port=1\n", -1, "line 1: \"port=1\" is neither"},
        {"[desk]\nport\n", -1, "line 2: \"port\" is neither"},
        {"[desk\nport=1\n", -1, "line 1"},
        {"[desk]\nshare=\xe6\n", -1, "line 2: a letter is not UTF-8"},
        {"[desk]\nshare=a\0b\n", 17, "line 2: there is a zero byte"},
        {"\xff\xfe[\0d\0", 6, "line 1: this is UTF-16"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Config) config = load(bad[i].text, bad[i].length, &error);
        if (config) fail_msg("row %u was taken", i);
        if (!strstr(error->message, bad[i].says) || !strstr(error->message, "desk.conf")) fail_msg("row %u: %s", i, error->message);
    }
    g_autoptr(GError) error = NULL;
    assert_null(config_load("/nowhere/desk.conf", keys, &error));
    assert_non_null(strstr(error->message, "/nowhere/desk.conf"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_values), cmocka_unit_test(falls_back), cmocka_unit_test(refuses_mistakes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
