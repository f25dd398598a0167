#include "text/text.h"

#include <string.h>

#define FILE_MAX     (256 * 1024) /* bytes of one language */
#define FALLBACK     "en"
#define PLACEHOLDERS 8 /* pairs in one text_format() */
#define LANGUAGE_MAX 3
#define LANGUAGE_MIN 2

struct Text {
    json_t *own;
    json_t *fallback;
    char *language;
};

GQuark text_error_quark(void)
{
    return g_quark_from_static_string("livebooth-text");
}

void text_free(Text *text)
{
    if (!text) return;
    json_decref(text->own);
    json_decref(text->fallback);
    g_free(text->language);
    g_free(text);
}

static gboolean is_language(const char *language)
{
    size_t length = language ? strlen(language) : 0;
    return length >= LANGUAGE_MIN && length <= LANGUAGE_MAX && strspn(language, "abcdefghijklmnopqrstuvwxyz") == length;
}

static json_t *read_catalogue(const char *share, const char *language, GError **error)
{
    g_autofree char *name = g_strdup_printf("%s.json", language);
    g_autofree char *path = g_build_filename(share, "text", name, NULL);
    g_autofree char *bytes = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &bytes, &length, error)) return NULL;
    json_error_t why;
    json_t *root = length <= FILE_MAX ? json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &why) : NULL;
    if (!json_is_object(root)) {
        if (length > FILE_MAX)
            g_set_error(error, TEXT_ERROR, 0, "%s is longer than %d bytes", path, FILE_MAX);
        else
            g_set_error(error, TEXT_ERROR, 0, "%s, line %d: %s", path, root ? 1 : why.line, root ? "not an object" : why.text);
        json_decref(root);
        return NULL;
    }
    return root;
}

Text *text_load(const char *share, const char *language, GError **error)
{
    if (!is_language(language)) {
        g_set_error(error, TEXT_ERROR, 0, "\"%s\" is no language: two letters such as en or nb are expected", language ? language : "");
        return NULL;
    }
    g_autoptr(Text) text = g_new0(Text, 1);
    text->language = g_strdup(language);
    text->fallback = read_catalogue(share, FALLBACK, error);
    if (!text->fallback) return NULL;
    text->own = strcmp(language, FALLBACK) == 0 ? json_incref(text->fallback) : read_catalogue(share, language, error);
    return text->own ? g_steal_pointer(&text) : NULL;
}

const char *text_language(const Text *text)
{
    return text->language;
}

static const char *look_up(const json_t *catalogue, const char *section, const char *key)
{
    return json_string_value(json_object_get(json_object_get(catalogue, section), key));
}

const char *text_get(const Text *text, const char *section, const char *key)
{
    const char *found = look_up(text->own, section, key);
    if (!found) found = look_up(text->fallback, section, key);
    return found ? found : key;
}

gboolean text_has(const Text *text, const char *section, const char *key)
{
    return look_up(text->own, section, key) || look_up(text->fallback, section, key);
}

static const char *value_of(const char *name, gsize length, const char *const pairs[][2], guint count)
{
    for (guint i = 0; i < count; i++) {
        if (strlen(pairs[i][0]) == length && strncmp(pairs[i][0], name, length) == 0) return pairs[i][1];
    }
    return NULL;
}

static char *fill_in(const char *format, const char *const pairs[][2], guint count)
{
    GString *out = g_string_new(NULL);
    while (*format) {
        const char *open = strchr(format, '{');
        const char *close = open ? strchr(open, '}') : NULL;
        if (!close) break;
        const char *value = value_of(open + 1, (gsize)(close - open) - 1, pairs, count);
        g_string_append_len(out, format, open - format);
        if (value)
            g_string_append(out, value);
        else
            g_string_append_len(out, open, close - open + 1);
        format = close + 1;
    }
    g_string_append(out, format);
    return g_string_free(out, FALSE);
}

char *text_format(const Text *text, const char *section, const char *key, ...)
{
    const char *pairs[PLACEHOLDERS][2];
    guint count = 0;
    va_list args;
    va_start(args, key);
    for (const char *name; count < PLACEHOLDERS && (name = va_arg(args, const char *)); count++) {
        pairs[count][0] = name;
        pairs[count][1] = va_arg(args, const char *);
    }
    va_end(args);
    return fill_in(text_get(text, section, key), pairs, count);
}

char *text_count(const Text *text, const char *section, const char *key, gint64 n)
{
    char number[24];
    g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT, n);
    g_autofree char *full = g_strconcat(key, n == 1 ? "_one" : "_other", NULL);
    return text_format(text, section, full, "n", number, NULL);
}
