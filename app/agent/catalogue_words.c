#include "agent/catalogue_words.h"

#include <string.h>

#define JOINED_MAX 24 /* bytes of a joined word that people would still type */
#define SUFFIX_MIN 2

/* What no normalization takes apart. */
static const char *special(gunichar c)
{
    switch (c) {
    case 0xE6: return "ae";  /* æ */
    case 0xF8: return "o";   /* ø */
    case 0xDF: return "ss";  /* ß */
    case 0xF0:               /* ð */
    case 0x111: return "d";  /* đ */
    case 0x142: return "l";  /* ł */
    case 0xFE: return "th";  /* þ */
    case 0x153: return "oe"; /* œ */
    default: return NULL;
    }
}

static void append_folded(GString *out, gunichar c)
{
    c = g_unichar_tolower(c);
    const char *text = special(c);
    if (text)
        g_string_append(out, text);
    else
        g_string_append_unichar(out, c);
}

/* Splits text: a blank before each word, and TAB instead where space was between it and the one before. */
static char *fold(const char *text)
{
    g_autofree char *decomposed = g_utf8_normalize(text, -1, G_NORMALIZE_NFKD);
    GString *out = g_string_new(NULL);
    char between = '\t';
    for (const char *at = decomposed ? decomposed : ""; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (g_unichar_ismark(c)) continue;
        if (!g_unichar_isalnum(c)) {
            if (g_unichar_isspace(c) || c == ',' || c == '(' || c == '/')
                between = '\t';
            else if (!between)
                between = ' ';
            continue;
        }
        if (between) g_string_append_c(out, between);
        between = 0;
        append_folded(out, c);
    }
    return g_string_free(out, FALSE);
}

static gsize cut(const char *word, gsize length)
{
    if (length <= CATALOGUE_WORD_MAX) return length;
    return (gsize)(g_utf8_find_prev_char(word, word + CATALOGUE_WORD_MAX + 1) - word);
}

static void append_word(GString *out, const char *word, gsize length)
{
    g_string_append_c(out, ' ');
    g_string_append_len(out, word, (gssize)cut(word, length));
}

/* Where digits end and letters begin, or the other way round, people begin as well: "xm5" of "1000xm5". */
static void append_suffixes(GString *out, const char *word, gsize length)
{
    for (gsize i = 1; i + SUFFIX_MIN <= length; i++) {
        if (!g_ascii_isalnum(word[i]) || !g_ascii_isalnum(word[i - 1])) continue;
        if (!g_ascii_isdigit(word[i]) != !g_ascii_isdigit(word[i - 1])) append_word(out, word + i, length - i);
    }
}

void catalogue_words_index(const char *text, GString *out)
{
    g_autofree char *folded = fold(text);
    g_autoptr(GString) joined = g_string_new(NULL);
    guint pieces = 0;
    for (const char *at = folded; *at;) {
        const gsize length = strcspn(at + 1, " \t");
        if (*at == '\t') {
            if (pieces > 1 && joined->len <= JOINED_MAX) append_word(out, joined->str, joined->len);
            g_string_truncate(joined, 0);
            pieces = 0;
        }
        append_word(out, at + 1, length);
        append_suffixes(out, at + 1, length);
        g_string_append_len(joined, at + 1, (gssize)length);
        pieces++;
        at += 1 + length;
    }
    if (pieces > 1 && joined->len <= JOINED_MAX) append_word(out, joined->str, joined->len);
}

GPtrArray *catalogue_words_query(const char *text)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *folded = fold(text);
    for (const char *at = folded; *at && words->len < CATALOGUE_WORDS_MAX;) {
        const gsize length = strcspn(at + 1, " \t");
        g_ptr_array_add(words, g_strndup(at + 1, cut(at + 1, length)));
        at += 1 + length;
    }
    return words;
}
