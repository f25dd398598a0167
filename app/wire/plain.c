#include "wire/plain.h"

#include <string.h>

#define DEPTH_MAX    16
#define NAMES_MAX    128
#define DIGITS_MAX   18 /* so that a whole number fits into 64 bits */
#define EXPONENT_MAX 2  /* digits: no double is out of range */

typedef struct {
    const char *at, *end;
    PlainSpan open[NAMES_MAX]; /* names of the objects that are open */
    guint count;
} Reader;

static gboolean pass_value(Reader *reader, guint depth);

/* At the end NUL, which fits nowhere. */
static char peek(const Reader *reader)
{
    if (reader->at == reader->end) return '\0';
    return *reader->at;
}

static gboolean pass_char(Reader *reader, char wanted)
{
    if (peek(reader) != wanted) return FALSE;
    reader->at++;
    return TRUE;
}

static gboolean pass_word(Reader *reader, const char *word)
{
    const gsize length = strlen(word);
    if ((gsize)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0) return FALSE;
    reader->at += length;
    return TRUE;
}

static gboolean pass_text(Reader *reader, gboolean escapes)
{
    if (!pass_char(reader, '"')) return FALSE;
    const char *begin = reader->at;
    guchar all = 0;
    for (guchar c; (c = (guchar)peek(reader)) != '"'; reader->at++) {
        all |= c;
        if (c < ' ') return FALSE;
        if (c != '\\') continue;
        reader->at++;
        if (!escapes || !peek(reader) || !strchr("\"\\/bfnrt", peek(reader))) return FALSE;
    }
    if (all >= 0x80 && !g_utf8_validate_len(begin, (gsize)(reader->at - begin), NULL)) return FALSE;
    reader->at++;
    return TRUE;
}

static gboolean pass_digits(Reader *reader, gint most)
{
    const char *begin = reader->at;
    while (g_ascii_isdigit(peek(reader))) reader->at++;
    return reader->at > begin && reader->at - begin <= most;
}

static gboolean pass_number(Reader *reader)
{
    pass_char(reader, '-');
    const gboolean zero = peek(reader) == '0';
    const char *begin = reader->at;
    if (!pass_digits(reader, DIGITS_MAX) || (zero && reader->at - begin > 1)) return FALSE;
    if (pass_char(reader, '.') && !pass_digits(reader, DIGITS_MAX)) return FALSE;
    if (!pass_char(reader, 'e') && !pass_char(reader, 'E')) return TRUE;
    if (!pass_char(reader, '-')) pass_char(reader, '+');
    return pass_digits(reader, EXPONENT_MAX);
}

static gboolean pass_list(Reader *reader, guint depth)
{
    reader->at++;
    if (pass_char(reader, ']')) return TRUE;
    do {
        if (!pass_value(reader, depth + 1)) return FALSE;
    } while (pass_char(reader, ','));
    return pass_char(reader, ']');
}

/* A name and its colon; known from first on: those of the same object. */
static gboolean pass_name(Reader *reader, guint first)
{
    const char *at = reader->at + 1;
    if (!pass_text(reader, FALSE)) return FALSE;
    const gsize length = (gsize)(reader->at - 1 - at);
    for (guint i = first; i < reader->count; i++) {
        if (reader->open[i].length == length && memcmp(reader->open[i].at, at, length) == 0) return FALSE;
    }
    if (reader->count == NAMES_MAX) return FALSE;
    reader->open[reader->count++] = (PlainSpan){at, length};
    return pass_char(reader, ':');
}

static void note_member(const PlainSpan *name, const PlainSpan *value, const char *const *names, PlainSpan *spans)
{
    for (guint i = 0; names[i]; i++) {
        if (strncmp(names[i], name->at, name->length) != 0 || names[i][name->length]) continue;
        spans[i] = *value;
        return;
    }
}

/* names: NULL, or those whose values are noted. */
static gboolean pass_object(Reader *reader, guint depth, const char *const *names, PlainSpan *spans)
{
    const guint first = reader->count;
    if (!pass_char(reader, '{')) return FALSE;
    if (pass_char(reader, '}')) return TRUE;
    do {
        if (!pass_name(reader, first)) return FALSE;
        const PlainSpan name = reader->open[reader->count - 1];
        PlainSpan value = {.at = reader->at};
        if (!pass_value(reader, depth + 1)) return FALSE;
        value.length = (gsize)(reader->at - value.at);
        if (names) note_member(&name, &value, names, spans);
    } while (pass_char(reader, ','));
    reader->count = first;
    return pass_char(reader, '}');
}

static gboolean pass_value(Reader *reader, guint depth)
{
    if (depth > DEPTH_MAX) return FALSE;
    switch (peek(reader)) {
    case '{': return pass_object(reader, depth, NULL, NULL);
    case '[': return pass_list(reader, depth);
    case '"': return pass_text(reader, TRUE);
    case 't': return pass_word(reader, "true");
    case 'f': return pass_word(reader, "false");
    case 'n': return pass_word(reader, "null");
    default: return pass_number(reader);
    }
}

gboolean plain_find(const char *text, gsize length, const char *const *names, PlainSpan *spans)
{
    Reader reader;
    reader.at = text;
    reader.end = text + length;
    reader.count = 0;
    for (guint i = 0; names[i]; i++) spans[i] = (PlainSpan){NULL, 0};
    return pass_object(&reader, 1, names, spans) && reader.at == reader.end;
}

void plain_append(GString *text, const char *const *names, const PlainSpan *spans, guint count)
{
    char separator = '{';
    for (guint i = 0; i < count; i++) {
        if (!spans[i].at) continue;
        g_string_append_c(text, separator);
        g_string_append_c(text, '"');
        g_string_append(text, names[i]);
        g_string_append(text, "\":");
        g_string_append_len(text, spans[i].at, (gssize)spans[i].length);
        separator = ',';
    }
    g_string_append(text, separator == '{' ? "{}" : "}");
}
