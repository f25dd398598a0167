#include "feed/product.h"

#include <string.h>

static gboolean is_tag(const char *at)
{
    return *at == '<' && (g_ascii_isalpha(at[1]) || at[1] == '/' || at[1] == '!');
}

/* Whether a new line begins with the tag. */
static gboolean breaks_line(const char *tag)
{
    static const char *const names[] = {"br", "p", "li", "div", "tr", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"};
    const char *name = tag + (tag[1] == '/' ? 2 : 1);
    gsize length = 0;
    while (g_ascii_isalnum(name[length])) length++;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strlen(names[i]) == length && g_ascii_strncasecmp(names[i], name, length) == 0) return TRUE;
    }
    return FALSE;
}

/* The character of "&amp;", "&#8211;" and the like; its length in *ret_length. 0: it is an ordinary "&". */
static gunichar take_entity(const char *at, gsize *ret_length)
{
    static const struct {
        const char *name;
        gunichar character;
    } known[] = {{"amp", '&'},    {"lt", '<'},      {"gt", '>'},       {"quot", '"'},     {"apos", '\''},    {"nbsp", ' '},
                 {"deg", 0xB0},   {"reg", 0xAE},    {"trade", 0x2122}, {"ndash", 0x2013}, {"mdash", 0x2014}, {"hellip", 0x2026},
                 {"aring", 0xE5}, {"aelig", 0xE6},  {"oslash", 0xF8},  {"auml", 0xE4},    {"ouml", 0xF6},    {"Aring", 0xC5},
                 {"AElig", 0xC6}, {"Oslash", 0xD8}, {"Auml", 0xC4},    {"Ouml", 0xD6},    {"eacute", 0xE9}};
    const char *end = memchr(at, ';', strnlen(at, 12));
    if (!end) return 0;
    *ret_length = (gsize)(end - at) + 1;
    if (at[1] == '#') {
        gboolean hex = at[2] == 'x' || at[2] == 'X';
        char *stop = NULL;
        guint64 code = g_ascii_strtoull(at + (hex ? 3 : 2), &stop, hex ? 16 : 10);
        return stop == end && code >= 0x20 && code <= 0x10FFFF && g_unichar_validate((gunichar)code) ? (gunichar)code : 0;
    }
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (strlen(known[i].name) == (gsize)(end - at) - 1 && strncmp(known[i].name, at + 1, (gsize)(end - at) - 1) == 0)
            return known[i].character;
    }
    return 0;
}

/* Space is one blank, or one line's end where there was one. */
static void append_space(GString *text, gboolean line)
{
    if (text->len == 0) return;
    char *last = &text->str[text->len - 1];
    if (*last == '\n') return;
    if (*last == ' ')
        *last = line ? '\n' : ' ';
    else
        g_string_append_c(text, line ? '\n' : ' ');
}

char *feed_plain_text(const char *html)
{
    GString *text = g_string_sized_new(strlen(html));
    while (*html) {
        gsize length = 1;
        gunichar entity = *html == '&' ? take_entity(html, &length) : 0;
        const char *end = is_tag(html) ? strchr(html, '>') : NULL;
        if (end) {
            if (breaks_line(html)) append_space(text, TRUE);
            length = (gsize)(end - html) + 1;
        } else if (entity == ' ' || g_ascii_isspace(*html)) {
            append_space(text, FALSE);
        } else if (entity) {
            g_string_append_unichar(text, entity);
        } else {
            length = 1;
            g_string_append_c(text, *html);
        }
        html += length;
    }
    while (text->len > 0 && g_ascii_isspace(text->str[text->len - 1])) g_string_truncate(text, text->len - 1);
    return g_string_free(text, FALSE);
}
