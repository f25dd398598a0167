#include "feed/reader.h"

#include <string.h>

#define HEAD_BYTES 256 /* where an XML declaration names its encoding */

struct FeedReader {
    FeedFormat format;
    FeedRowDone done;
    gpointer data;
    FeedXml *xml;
    FeedTsv *tsv;
    GString *head;    /* until there is enough to see what it is */
    gboolean foreign; /* the encoding is not UTF-8, which expat deals with */
    GString *clean;
    char carry[4]; /* of a character that is not complete yet */
    guint carried;
};

GQuark feed_error_quark(void)
{
    return g_quark_from_static_string("livebooth-feed");
}

FeedReader *feed_reader_new(FeedFormat format, FeedRowDone done, gpointer data)
{
    FeedReader *reader = g_new0(FeedReader, 1);
    reader->format = format;
    reader->done = done;
    reader->data = data;
    reader->head = g_string_new(NULL);
    reader->clean = g_string_new(NULL);
    return reader;
}

void feed_reader_free(FeedReader *reader)
{
    if (!reader) return;
    feed_xml_free(reader->xml);
    feed_tsv_free(reader->tsv);
    if (reader->head) g_string_free(reader->head, TRUE);
    g_string_free(reader->clean, TRUE);
    g_free(reader);
}

/* --- bytes into UTF-8 --------------------------------------------------------------------------------------------------------------------
 */

#define REPLACEMENT "\xEF\xBF\xBD"

/* Control characters, which XML forbids and nobody wants in a title, count as no text either. */
static gboolean is_text(char byte)
{
    return (guchar)byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r';
}

/* The valid characters at the start of bytes, as they are. */
static gsize take_valid(GString *clean, const char *bytes, gsize length)
{
    const char *end = bytes;
    g_utf8_validate_len(bytes, length, &end);
    gsize valid = 0;
    while (bytes + valid < end && is_text(bytes[valid])) valid++;
    g_string_append_len(clean, bytes, (gssize)valid);
    return valid;
}

/* Appends length bytes to reader->clean; an incomplete character at their end is kept for the next ones. */
static void make_clean(FeedReader *reader, const char *bytes, gsize length, gboolean last)
{
    g_autoptr(GString) joined = NULL;
    if (reader->carried) {
        joined = g_string_new_len(reader->carry, reader->carried);
        g_string_append_len(joined, bytes, (gssize)length);
        bytes = joined->str;
        length = joined->len;
        reader->carried = 0;
    }
    for (;;) {
        gsize valid = take_valid(reader->clean, bytes, length);
        bytes += valid;
        length -= valid;
        if (length == 0) return;
        if (!last && length < 4 && g_utf8_get_char_validated(bytes, (gssize)length) == (gunichar)-2) {
            memcpy(reader->carry, bytes, length);
            reader->carried = (guint)length;
            return;
        }
        g_string_append(reader->clean, REPLACEMENT);
        bytes++;
        length--;
    }
}

/* --- what it is --------------------------------------------------------------------------------------------------------------------------
 */

static gboolean is_foreign(const char *head)
{
    const char *at = strstr(head, "<?xml") ? strstr(head, "encoding") : NULL;
    if (!at) return FALSE;
    at += strlen("encoding");
    at += strspn(at, " \t\r\n=\"'");
    return g_ascii_strncasecmp(at, "utf-8", 5) != 0 && g_ascii_strncasecmp(at, "utf8", 4) != 0;
}

static gboolean is_utf16(const GString *head)
{
    return head->len >= 2 && (memcmp(head->str, "\xFF\xFE", 2) == 0 || memcmp(head->str, "\xFE\xFF", 2) == 0);
}

static gboolean begin(FeedReader *reader, GError **error)
{
    if (g_str_has_prefix(reader->head->str, "\xEF\xBB\xBF")) g_string_erase(reader->head, 0, 3);
    if (is_utf16(reader->head) && reader->format != FEED_FORMAT_XML) {
        g_set_error(error, FEED_ERROR, 0, "The feed is in UTF-16; export it as UTF-8.");
        return FALSE;
    }
    if (reader->format == FEED_FORMAT_GUESS) {
        const char *at = reader->head->str + strspn(reader->head->str, " \t\r\n");
        reader->format = *at == '<' ? FEED_FORMAT_XML : FEED_FORMAT_TSV;
    }
    if (reader->format == FEED_FORMAT_XML)
        reader->xml = feed_xml_new(reader->done, reader->data);
    else
        reader->tsv = feed_tsv_new(reader->done, reader->data);
    reader->foreign = reader->xml && (is_utf16(reader->head) || is_foreign(reader->head->str));
    return TRUE;
}

static gboolean pass_on(FeedReader *reader, const char *bytes, gsize length, gboolean last, GError **error)
{
    if (reader->foreign) return feed_xml_push(reader->xml, bytes, length, last, error);
    g_string_truncate(reader->clean, 0);
    make_clean(reader, bytes, length, last);
    if (reader->xml) return feed_xml_push(reader->xml, reader->clean->str, reader->clean->len, last, error);
    if (!feed_tsv_push(reader->tsv, reader->clean->str, reader->clean->len, error)) return FALSE;
    return !last || feed_tsv_end(reader->tsv, error);
}

static gboolean leave_head(FeedReader *reader, gboolean last, GError **error)
{
    if (!begin(reader, error)) return FALSE;
    g_autoptr(GString) head = g_steal_pointer(&reader->head);
    return pass_on(reader, head->str, head->len, last, error);
}

gboolean feed_reader_push(FeedReader *reader, const char *bytes, gsize length, GError **error)
{
    if (!reader->head) return pass_on(reader, bytes, length, FALSE, error);
    g_string_append_len(reader->head, bytes, (gssize)length);
    return reader->head->len < HEAD_BYTES || leave_head(reader, FALSE, error);
}

gboolean feed_reader_end(FeedReader *reader, GError **error)
{
    return reader->head ? leave_head(reader, TRUE, error) : pass_on(reader, "", 0, TRUE, error);
}

gint64 feed_reader_written_utc(const FeedReader *reader)
{
    return reader->xml ? feed_xml_written_utc(reader->xml) : 0;
}
