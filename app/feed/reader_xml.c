#include "feed/reader.h"

#include <expat.h>
#include <string.h>
#include <time.h>

#define DEPTH_MAX  12
#define NAME_SPACE "http://base.google.com/ns/1.0"
#define ATOM       "http://www.w3.org/2005/Atom"
#define SEPARATOR  ' ' /* between a name space and a name; in no name */

struct FeedXml {
    XML_Parser parser;
    FeedRowDone done;
    gpointer data;
    FeedRow *row;
    int depth, item_depth;            /* item_depth 0: in no item */
    FeedAttribute attribute;          /* of the element one below the item; FEED_ATTRIBUTES: none that counts */
    gboolean weak;                    /* it is the format's own, which one of Google's replaces */
    gboolean grouped;                 /* it has had sub-attributes */
    gint field;                       /* its field in the row, -1: none yet */
    int part;                         /* the sub-attribute that is open; -1: none */
    gboolean titled[FEED_ATTRIBUTES]; /* those that a g: element has given */
    GString *text;
    gboolean dated;
    gint64 written_utc;
    char *refused; /* why the parser was stopped */
};

static void stop(FeedXml *xml, const char *why)
{
    if (!xml->refused) xml->refused = g_strdup(why);
    XML_StopParser(xml->parser, XML_FALSE);
}

/* No feed needs one, and entities are what the attacks on XML readers are made of. */
static void on_doctype(void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    stop(data, "it has a document type (<!DOCTYPE>), which is not read; export the feed without it");
}

static const char *local_name(const char *name)
{
    const char *at = strrchr(name, SEPARATOR);
    return at ? at + 1 : name;
}

static gboolean is_google(const char *name)
{
    return g_str_has_prefix(name, NAME_SPACE) && name[strlen(NAME_SPACE)] == SEPARATOR;
}

static gboolean is_item(const char *name)
{
    return !is_google(name) && (strcmp(local_name(name), "item") == 0 || strcmp(local_name(name), "entry") == 0);
}

/* Atom writes a link as an attribute; only the one to the page counts. */
static void take_href(FeedXml *xml, const XML_Char **attributes)
{
    const char *href = NULL, *rel = "alternate";
    for (; attributes && *attributes; attributes += 2) {
        if (strcmp(attributes[0], "rel") == 0) rel = attributes[1];
        if (strcmp(attributes[0], "href") == 0) href = attributes[1];
    }
    if (strcmp(rel, "alternate") != 0)
        xml->attribute = FEED_ATTRIBUTES;
    else if (href)
        g_string_assign(xml->text, href);
}

/* An element right below the item. */
static void begin_attribute(FeedXml *xml, const char *name, const XML_Char **attributes)
{
    gboolean google = is_google(name);
    const char *local = local_name(name);
    xml->weak = !google;
    xml->grouped = FALSE;
    xml->field = xml->part = -1;
    xml->attribute = feed_attribute_of(local);
    if (!google && (strcmp(local, "summary") == 0 || strcmp(local, "content") == 0)) xml->attribute = FEED_DESCRIPTION;
    /* "id" of an Atom entry is an address of the entry; a name of another format's name space is none of ours. */
    gboolean ours = google || !strchr(name, SEPARATOR) || g_str_has_prefix(name, ATOM);
    if (!ours) xml->attribute = FEED_ATTRIBUTES;
    if (xml->weak && xml->attribute < FEED_ATTRIBUTES && xml->titled[xml->attribute]) xml->attribute = FEED_ATTRIBUTES;
    if (xml->attribute == FEED_LINK && !google) take_href(xml, attributes);
}

static FeedField *field_of(FeedXml *xml)
{
    if (xml->field < 0) {
        if (!feed_row_add(xml->row, xml->attribute)) return NULL;
        xml->field = (gint)xml->row->fields->len - 1;
    }
    return &g_array_index(xml->row->fields, FeedField, xml->field);
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    FeedXml *xml = data;
    if (++xml->depth > DEPTH_MAX) {
        stop(xml, "its elements are nested too deep for a product feed");
        return;
    }
    if (!xml->item_depth) {
        g_string_truncate(xml->text, 0);
        if (!is_item(name)) return;
        xml->item_depth = xml->depth;
        memset(xml->titled, 0, sizeof xml->titled);
        feed_row_reset(xml->row, (guint)XML_GetCurrentLineNumber(xml->parser));
        xml->attribute = FEED_ATTRIBUTES;
        return;
    }
    if (xml->depth == xml->item_depth + 1) {
        g_string_truncate(xml->text, 0);
        begin_attribute(xml, name, attributes);
    } else if (xml->depth == xml->item_depth + 2 && feed_attribute_is_group(xml->attribute)) {
        g_string_truncate(xml->text, 0);
        xml->grouped = TRUE;
        xml->part = feed_attribute_part(xml->attribute, local_name(name));
    }
}

static void on_text(void *data, const XML_Char *text, int length)
{
    FeedXml *xml = data;
    /* One byte beyond what is kept tells that it was longer. */
    gsize room = FEED_VALUE_MAX + 1 - MIN(xml->text->len, FEED_VALUE_MAX + 1);
    g_string_append_len(xml->text, text, (gssize)MIN((gsize)length, room));
}

/* Google's own element takes the place of the format's. */
static void drop_weaker(FeedXml *xml)
{
    for (guint i = 0; !xml->weak && !xml->titled[xml->attribute] && i < xml->row->fields->len; i++) {
        FeedField *field = &g_array_index(xml->row->fields, FeedField, i);
        if (field->attribute == xml->attribute && (gint)i != xml->field) field->attribute = FEED_ATTRIBUTES;
    }
    if (!xml->weak) xml->titled[xml->attribute] = TRUE;
}

static void end_attribute(FeedXml *xml)
{
    if (xml->attribute >= FEED_ATTRIBUTES || xml->grouped) return;
    drop_weaker(xml);
    if (feed_attribute_is_group(xml->attribute)) {
        feed_tsv_add(xml->row, xml->attribute, xml->text->str, xml->text->len);
        return;
    }
    FeedField *field = field_of(xml);
    if (field) feed_field_set(field, 0, xml->text->str, xml->text->len);
}

/* When the feed was written: "2026-03-01T10:00:00+01:00", or "Sun, 01 Mar 2026 10:00:00 +0100". */
static void take_date(FeedXml *xml, const char *name)
{
    static const char *const names[] = {"lastBuildDate", "updated", "pubDate", NULL};
    if (xml->dated || !g_strv_contains(names, local_name(name))) return;
    const char *text = g_strstrip(xml->text->str);
    struct tm parts = {0};
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S %z", &parts);
    g_autoptr(GDateTime) iso = g_date_time_new_from_iso8601(text, NULL);
    const glong offset = parts.tm_gmtoff;
    if (iso)
        xml->written_utc = g_date_time_to_unix(iso) * 1000;
    else if (end)
        xml->written_utc = ((gint64)timegm(&parts) - offset) * 1000;
    xml->dated = xml->written_utc > 0;
    if (!xml->dated) xml->written_utc = 0;
}

static void on_end(void *data, const XML_Char *name)
{
    FeedXml *xml = data;
    const int level = xml->depth - xml->item_depth;
    if (!xml->item_depth) {
        take_date(xml, name);
        g_string_truncate(xml->text, 0);
    } else if (level == 0) {
        xml->item_depth = 0;
        xml->done(xml->data, xml->row);
    } else if (level == 1) {
        end_attribute(xml);
        xml->attribute = FEED_ATTRIBUTES;
    } else if (level == 2 && xml->part >= 0) {
        FeedField *field = field_of(xml);
        if (field) feed_field_set(field, (guint)xml->part, xml->text->str, xml->text->len);
        xml->part = -1;
    }
    xml->depth--;
}

FeedXml *feed_xml_new(FeedRowDone done, gpointer data)
{
    FeedXml *xml = g_new0(FeedXml, 1);
    xml->done = done;
    xml->data = data;
    xml->row = feed_row_new(0);
    xml->text = g_string_new(NULL);
    xml->attribute = FEED_ATTRIBUTES;
    xml->part = xml->field = -1;
    xml->parser = XML_ParserCreateNS(NULL, SEPARATOR);
    if (!xml->parser) g_error("out of memory");
    XML_SetUserData(xml->parser, xml);
    XML_SetElementHandler(xml->parser, on_start, on_end);
    XML_SetCharacterDataHandler(xml->parser, on_text);
    XML_SetStartDoctypeDeclHandler(xml->parser, on_doctype);
    return xml;
}

void feed_xml_free(FeedXml *xml)
{
    if (!xml) return;
    XML_ParserFree(xml->parser);
    feed_row_free(xml->row);
    g_string_free(xml->text, TRUE);
    g_free(xml->refused);
    g_free(xml);
}

gboolean feed_xml_push(FeedXml *xml, const char *bytes, gsize length, gboolean last, GError **error)
{
    for (gsize done = 0; done < length || (last && done == length);) {
        gsize piece = MIN(length - done, 1 << 20);
        gboolean end = last && done + piece == length;
        if (XML_Parse(xml->parser, bytes + done, (int)piece, end) != XML_STATUS_OK) {
            g_set_error(error, FEED_ERROR, 0, "The feed cannot be read past line %lu, column %lu: %s.",
                        XML_GetCurrentLineNumber(xml->parser), XML_GetCurrentColumnNumber(xml->parser) + 1,
                        xml->refused ? xml->refused : XML_ErrorString(XML_GetErrorCode(xml->parser)));
            return FALSE;
        }
        done += piece;
        if (end) break;
    }
    return TRUE;
}

gint64 feed_xml_written_utc(const FeedXml *xml)
{
    return xml->written_utc;
}
