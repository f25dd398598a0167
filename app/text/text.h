/* text: the words of one language, from share/text/LANGUAGE.json: an object of sections ("console", "demo"), each an object of key and
 * text.
 *
 * A key that the language lacks is taken from English. {name} in a text is a placeholder. Not thread-safe; a loaded Text is read-only and
 * may be read from any thread. */
#pragma once

#include <glib.h>
#include <jansson.h>

typedef struct Text Text;

#define TEXT_ERROR (text_error_quark())
GQuark text_error_quark(void);

/* language: two or three lower-case letters. English must be there; another language that is not there is an error too.
 * Returns a Text for text_free(), or NULL with a sentence for a person. */
Text *text_load(const char *share, const char *language, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Such as "nb"; belongs to text. */
const char *text_language(const Text *text);
void text_free(Text *text); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Text, text_free)

/* The text as it stands; belongs to text. A key that English lacks too comes back as itself. */
const char *text_get(const Text *text, const char *section, const char *key);
gboolean text_has(const Text *text, const char *section, const char *key);

/* Pairs of placeholder and value, ended by NULL; to g_free(). A placeholder without a pair stays as it is. */
char *text_format(const Text *text, const char *section, const char *key, ...) G_GNUC_NULL_TERMINATED G_GNUC_WARN_UNUSED_RESULT;

/* key_one or key_other, with {n} filled in; to g_free(). */
char *text_count(const Text *text, const char *section, const char *key, gint64 n) G_GNUC_WARN_UNUSED_RESULT;
