#include "config/config.h"

#include "config/near.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* some editors put it before UTF-8 */

typedef struct {
    const ConfigKey *key;
    char *text;
    char **list;
    gint64 number;
} Value;

struct Config {
    char *path;
    GPtrArray *values; /* of Value */
};

GQuark config_error_quark(void)
{
    return g_quark_from_static_string("livebooth-config");
}

static void value_free(gpointer data)
{
    Value *value = data;
    g_free(value->text);
    g_strfreev(value->list);
    g_free(value);
}

const char *config_path(const Config *config)
{
    return config->path;
}

void config_free(Config *config)
{
    if (!config) return;
    g_ptr_array_unref(config->values);
    g_free(config->path);
    g_free(config);
}

static const ConfigKey *find_key(const ConfigKey *keys, const char *group, const char *name)
{
    for (const ConfigKey *key = keys; key->group; key++) {
        if (strcmp(key->group, group) == 0 && strcmp(key->key, name) == 0) return key;
    }
    return NULL;
}

static gboolean known_group(const ConfigKey *keys, const char *group)
{
    for (const ConfigKey *key = keys; key->group; key++) {
        if (strcmp(key->group, group) == 0) return TRUE;
    }
    return FALSE;
}

G_GNUC_PRINTF(4, 5) static gboolean refuse(GError **error, const char *path, guint line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    if (line)
        g_set_error(error, CONFIG_ERROR, 0, "%s, line %u: %s", path, line, what);
    else
        g_set_error(error, CONFIG_ERROR, 0, "%s: %s", path, what);
    return FALSE;
}

static gboolean set_value(Value *value, const char *text, const char *path, guint line, GError **error)
{
    const ConfigKey *key = value->key;
    char *end = NULL;
    switch (key->kind) {
    case CONFIG_INT:
        value->number = g_ascii_strtoll(text, &end, 10);
        if (end == text || *end || value->number < key->min || value->number > key->max)
            return refuse(error, path, line,
                          "\"%s\" is not a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ", which %s takes (%s)", text,
                          key->min, key->max, key->key, key->help);
        break;
    case CONFIG_BOOL:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            return refuse(error, path, line, "\"%s\" is neither true nor false, which %s takes (%s)", text, key->key, key->help);
        value->number = strcmp(text, "true") == 0;
        break;
    case CONFIG_LIST: {
        g_strfreev(value->list);
        g_auto(GStrv) parts = g_strsplit(text, ";", -1);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        for (char **part = parts; *part; part++) {
            if (*g_strstrip(*part)) g_strv_builder_add(builder, *part);
        }
        value->list = g_strv_builder_end(builder);
        break;
    }
    case CONFIG_STRING: break;
    }
    g_free(value->text);
    value->text = g_strdup(text);
    return TRUE;
}

/* "; did you mean ...?", or where a key belongs that is in the wrong section; "" for neither. To g_free(). */
static char *advise_key(const ConfigKey *keys, const char *group, const char *name)
{
    const ConfigKey *nearest = NULL, *elsewhere = NULL;
    for (const ConfigKey *key = keys; key->group; key++) {
        const gboolean here = strcmp(key->group, group) == 0;
        if (here && near_is(name, key->key) &&
            (!nearest || near_distance(name, key->key, NEAR_WORD_MAX) < near_distance(name, nearest->key, NEAR_WORD_MAX)))
            nearest = key;
        if (!here && !elsewhere && strcmp(key->key, name) == 0) elsewhere = key;
    }
    if (nearest) return g_strdup_printf("; did you mean \"%s\"?", nearest->key);
    return elsewhere ? g_strdup_printf("; it belongs into a section such as [%s]", elsewhere->group) : g_strdup("");
}

static char *advise_group(const ConfigKey *keys, const char *group)
{
    const char *nearest = NULL;
    for (const ConfigKey *key = keys; key->group; key++) {
        if (near_is(group, key->group) &&
            (!nearest || near_distance(group, key->group, NEAR_WORD_MAX) < near_distance(group, nearest, NEAR_WORD_MAX)))
            nearest = key->group;
    }
    return nearest ? g_strdup_printf("; did you mean [%s]?", nearest) : g_strdup("");
}

static Value *find_value(const Config *config, const ConfigKey *key)
{
    for (guint i = 0; i < config->values->len; i++) {
        Value *value = g_ptr_array_index(config->values, i);
        if (value->key == key) return value;
    }
    return NULL;
}

static gboolean read_line(Config *config, const ConfigKey *keys, char *line, guint number, char **group, GError **error)
{
    g_strstrip(line);
    if (!*line || *line == '#') return TRUE;
    gsize length = strlen(line);
    if (*line == '[' && line[length - 1] == ']') {
        line[length - 1] = '\0';
        g_free(*group);
        *group = g_strdup(line + 1);
        if (known_group(keys, *group)) return TRUE;
        g_autofree char *advice = advise_group(keys, *group);
        return refuse(error, config->path, number, "there is no section [%s]%s", *group, advice);
    }
    char *equals = strchr(line, '=');
    if (!equals || !*group) return refuse(error, config->path, number, "\"%s\" is neither [section] nor key=value", line);
    *equals = '\0';
    const char *name = g_strchomp(line);
    const ConfigKey *key = find_key(keys, *group, name);
    g_autofree char *advice = key ? NULL : advise_key(keys, *group, name);
    if (!key) return refuse(error, config->path, number, "section [%s] has no key \"%s\"%s", *group, name, advice);
    return set_value(find_value(config, key), g_strchug(equals + 1), config->path, number, error);
}

static gboolean read_text(Config *config, const ConfigKey *keys, const char *text, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *group = NULL;
    for (guint i = 0; lines[i]; i++) {
        if (!read_line(config, keys, lines[i], i + 1, &group, error)) return FALSE;
    }
    for (guint i = 0; i < config->values->len; i++) {
        Value *value = g_ptr_array_index(config->values, i);
        if (value->text) continue;
        if (!value->key->fallback)
            return refuse(error, config->path, 0, "section [%s] must have %s (%s)", value->key->group, value->key->key, value->key->help);
        if (!set_value(value, value->key->fallback, config->path, 0, error)) return FALSE;
    }
    return TRUE;
}

/* Which line, and what it is saved as when that is known. */
static gboolean check_encoding(const char *path, const char *text, gsize length, GError **error)
{
    const char *end = NULL;
    const gboolean wide = length >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
    if (wide) return refuse(error, path, 1, "this is UTF-16 (some editors say \"Unicode\"); it must be saved as UTF-8");
    if (g_utf8_validate_len(text, length, &end)) return TRUE;
    guint line = 1;
    for (const char *at = text; at < end; at++) line += *at == '\n';
    if (*end == '\0') return refuse(error, path, line, "there is a zero byte: this is no text");
    return refuse(error, path, line, "a letter is not UTF-8: the file was saved in another encoding; it must be saved as UTF-8");
}

Config *config_load(const char *path, const ConfigKey *keys, GError **error)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    g_autoptr(GError) cause = NULL;
    if (!g_file_get_contents(path, &text, &length, &cause)) {
        refuse(error, path, 0, "the settings cannot be read: %s", cause->message);
        return NULL;
    }
    if (!check_encoding(path, text, length, error)) return NULL;
    g_autoptr(Config) config = g_new0(Config, 1);
    config->path = g_strdup(path);
    config->values = g_ptr_array_new_with_free_func(value_free);
    for (const ConfigKey *key = keys; key->group; key++) {
        Value *value = g_new0(Value, 1);
        value->key = key;
        g_ptr_array_add(config->values, value);
    }
    const gsize mark = g_str_has_prefix(text, BYTE_ORDER_MARK) ? strlen(BYTE_ORDER_MARK) : 0;
    if (!read_text(config, keys, text + mark, error)) return NULL;
    return g_steal_pointer(&config);
}

static const Value *get(const Config *config, const char *group, const char *key, ConfigKind kind)
{
    for (guint i = 0; i < config->values->len; i++) {
        const Value *value = g_ptr_array_index(config->values, i);
        if (strcmp(value->key->group, group) == 0 && strcmp(value->key->key, key) == 0) {
            if (value->key->kind != kind) g_error("[%s] %s is read as another kind than it is listed", group, key);
            return value;
        }
    }
    g_error("[%s] %s is read but not listed", group, key);
}

const char *config_string(const Config *config, const char *group, const char *key)
{
    return get(config, group, key, CONFIG_STRING)->text;
}

gint64 config_int(const Config *config, const char *group, const char *key)
{
    return get(config, group, key, CONFIG_INT)->number;
}

gboolean config_bool(const Config *config, const char *group, const char *key)
{
    return get(config, group, key, CONFIG_BOOL)->number != 0;
}

const char *const *config_list(const Config *config, const char *group, const char *key)
{
    return (const char *const *)get(config, group, key, CONFIG_LIST)->list;
}
