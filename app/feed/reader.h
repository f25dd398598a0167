/* reader: takes a product feed apart into rows as its bytes come in: XML (RSS 2.0, Atom; expat) or tab-separated values.
 *
 * A feed that is broken as a whole (not well-formed XML, no header row, a document type with entities) ends the reading with one sentence;
 * what is wrong with a row alone is for whoever judges the row. One thread. */
#pragma once

#include "feed/row.h"

#define FEED_ERROR (feed_error_quark())
GQuark feed_error_quark(void);

typedef enum {
    FEED_FORMAT_GUESS, /* "<" comes first: XML */
    FEED_FORMAT_XML,
    FEED_FORMAT_TSV,
} FeedFormat;

typedef struct FeedReader FeedReader;

/* row is the reader's, and valid in the call; feed_row_steal() keeps what it has. Bytes that are no UTF-8 stand in it as U+FFFD. */
typedef void (*FeedRowDone)(gpointer data, FeedRow *row);

FeedReader *feed_reader_new(FeedFormat format, FeedRowDone done, gpointer data);
void feed_reader_free(FeedReader *reader); /* NULL is fine */

/* The next bytes, in pieces of any size. FALSE: the feed is broken, and nothing more can be read. */
gboolean feed_reader_push(FeedReader *reader, const char *bytes, gsize length, GError **error);
/* The feed ends here. */
gboolean feed_reader_end(FeedReader *reader, GError **error);

/* When the feed says that it was written, ms since 1970; 0 when it does not. */
gint64 feed_reader_written_utc(const FeedReader *reader);

/* --- for the two formats -----------------------------------------------------------------------------------------------------------------
 */

typedef struct FeedXml FeedXml;
FeedXml *feed_xml_new(FeedRowDone done, gpointer data);
void feed_xml_free(FeedXml *xml);
gboolean feed_xml_push(FeedXml *xml, const char *bytes, gsize length, gboolean last, GError **error);
gint64 feed_xml_written_utc(const FeedXml *xml);

typedef struct FeedTsv FeedTsv;
FeedTsv *feed_tsv_new(FeedRowDone done, gpointer data);
void feed_tsv_free(FeedTsv *tsv);
gboolean feed_tsv_push(FeedTsv *tsv, const char *bytes, gsize length, GError **error);
gboolean feed_tsv_end(FeedTsv *tsv, GError **error);
/* Adds to row what value says of attribute: one field, or one for each value of a list, groups taken apart ("a:b:c"; a quoted value or a
 * backslash keeps a comma or colon as it is). */
void feed_tsv_add(FeedRow *row, FeedAttribute attribute, const char *value, gsize length);
