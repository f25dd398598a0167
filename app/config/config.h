/* config: a program's settings from a key file (GKeyFile syntax), checked whole before anything starts.
 *
 * A program lists every key that it knows, with its kind, range and default. A line that is not understood, an unknown key and a value
 * out of range are refused with one sentence that names the file, the line and what would be right.
 * Not thread-safe; a loaded Config is read-only and may be read from any thread. */
#pragma once

#include <glib.h>

typedef enum {
    CONFIG_STRING,
    CONFIG_INT,  /* min..max */
    CONFIG_BOOL, /* true or false */
    CONFIG_LIST, /* separated by ; */
} ConfigKind;

typedef struct {
    const char *group;
    const char *key;
    ConfigKind kind;
    const char *fallback; /* text as it would stand in the file; NULL: the key must be given */
    gint64 min, max;      /* of a CONFIG_INT */
    const char *help;     /* one line, for the error text */
} ConfigKey;

typedef struct Config Config;

#define CONFIG_ERROR (config_error_quark())
GQuark config_error_quark(void);

/* Reads path against keys (ended by an entry whose group is NULL, and which must outlive the Config).
 * Returns a Config to free with config_free(), or NULL with a CONFIG_ERROR that can be shown to a person as it is. */
Config *config_load(const char *path, const ConfigKey *keys, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void config_free(Config *config);              /* NULL is fine */
const char *config_path(const Config *config); /* of the file that it was read from */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)

/* The value or its default. Asking for a key that is not in the list is a programming error and aborts. Strings belong to the Config. */
const char *config_string(const Config *config, const char *group, const char *key);
gint64 config_int(const Config *config, const char *group, const char *key);
gboolean config_bool(const Config *config, const char *group, const char *key);
const char *const *config_list(const Config *config, const char *group, const char *key); /* NULL-terminated, maybe empty */
