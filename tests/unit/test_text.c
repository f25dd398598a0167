/* The catalogues: the same keys and placeholders in every language, and how texts are found and filled in. */
#include "text/text.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SHARE "app" /* of the source tree: app/text */

static const char *const languages[] = {"nb", "sv", "da", "fi"};

static json_t *catalogue(const char *language)
{
    g_autofree char *path = g_strdup_printf(SHARE "/text/%s.json", language);
    json_error_t why;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!root) print_error("%s, line %d: %s\n", path, why.line, why.text);
    assert_true(json_is_object(root));
    return root;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The placeholders of a text, sorted: "{h} {m}". */
static char *placeholders(const char *text)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
        const char *close = strchr(open, '}');
        g_ptr_array_add(found, close ? g_strndup(open, (gsize)(close - open) + 1) : g_strdup("unclosed"));
    }
    g_ptr_array_sort(found, by_name);
    g_ptr_array_add(found, NULL);
    return g_strjoinv(" ", (char **)found->pdata);
}

static guint compare(const char *language, const char *where, json_t *english, json_t *other)
{
    guint faults = 0;
    const char *key;
    json_t *value;
    json_object_foreach(english, key, value) {
        g_autofree char *path = g_strdup_printf("%s/%s", where, key);
        json_t *own = json_object_get(other, key);
        if (json_typeof(value) != (own ? json_typeof(own) : JSON_NULL)) {
            print_error("%s lacks %s\n", language, path);
            faults++;
        } else if (json_is_object(value)) {
            faults += compare(language, path, value, own);
        } else if (json_is_string(value)) {
            g_autofree char *a = placeholders(json_string_value(value)), *b = placeholders(json_string_value(own));
            gboolean same = strcmp(a, b) == 0 && (*json_string_value(own) || !*json_string_value(value));
            if (!same) print_error("%s, %s: \"%s\" in place of \"%s\", or empty\n", language, path, b, a);
            faults += !same;
        }
    }
    json_object_foreach(other, key, value) {
        if (json_object_get(english, key)) continue;
        print_error("%s has %s/%s, which English lacks\n", language, where, key);
        faults++;
    }
    return faults;
}

static void every_language_has_every_text(void **state)
{
    (void)state;
    json_t *english = catalogue("en");
    guint faults = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(languages); i++) {
        json_t *other = catalogue(languages[i]);
        faults += compare(languages[i], "", english, other);
        json_decref(other);
    }
    json_decref(english);
    assert_int_equal(faults, 0);
}

static void a_text_is_found_or_english_or_its_key(void **state)
{
    (void)state;
    g_autofree char *share = g_dir_make_tmp("livebooth-text-XXXXXX", NULL);
    g_autofree char *folder = g_build_filename(share, "text", NULL), *en = g_build_filename(folder, "en.json", NULL);
    g_autofree char *nb = g_build_filename(folder, "nb.json", NULL), *sv = g_build_filename(folder, "sv.json", NULL);
    assert_int_equal(g_mkdir(folder, 0700), 0);
    assert_true(g_file_set_contents(en, "{\"a\":{\"x\":\"Ex\",\"only\":\"English\"}}", -1, NULL));
    assert_true(g_file_set_contents(nb, "{\"a\":{\"x\":\"Iks\"}}", -1, NULL));
    assert_true(g_file_set_contents(sv, "{\"a\":{\n\"x\":}", -1, NULL));
    g_autoptr(Text) text = text_load(share, "nb", NULL);
    assert_non_null(text);
    assert_string_equal(text_get(text, "a", "x"), "Iks");
    assert_string_equal(text_get(text, "a", "only"), "English");
    assert_string_equal(text_get(text, "a", "missing"), "missing");
    assert_string_equal(text_get(text, "b", "x"), "x");
    assert_true(text_has(text, "a", "only"));
    assert_false(text_has(text, "a", "missing"));
    g_autoptr(GError) error = NULL;
    assert_null(text_load(share, "sv", &error));
    assert_non_null(strstr(error->message, "sv.json, line 2"));
    g_remove(en);
    g_remove(nb);
    g_remove(sv);
    g_rmdir(folder);
    g_rmdir(share);
}

static void a_wrong_language_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "e", "english", "../en", "EN", "qq", NULL};
    for (const char *const *language = wrong; *language; language++) {
        g_autoptr(GError) error = NULL;
        assert_null(text_load(SHARE, *language, &error));
        assert_non_null(error);
    }
}

static void placeholders_are_filled_in(void **state)
{
    (void)state;
    g_autoptr(Text) text = text_load(SHARE, "en", NULL);
    g_autofree char *hours = text_format(text, "console", "time_h", "h", "1", "m", "15", NULL);
    assert_string_equal(hours, "1 h 15 min");
    g_autofree char *half = text_format(text, "console", "time_h", "m", "{h}", NULL);
    assert_string_equal(half, "{h} h {h} min");
    g_autofree char *one = text_count(text, "console", "queue", 1), *many = text_count(text, "console", "queue", 12);
    assert_string_equal(one, "1 shopper waiting");
    assert_string_equal(many, "12 shoppers waiting");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_language_has_every_text),
        cmocka_unit_test(a_text_is_found_or_english_or_its_key),
        cmocka_unit_test(a_wrong_language_is_refused),
        cmocka_unit_test(placeholders_are_filled_in),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
