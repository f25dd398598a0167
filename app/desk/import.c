#include "desk/import.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "desk/catalogue_stream.h"
#include "feed/feed.h"

#define SHOWN_MAX 20 /* refused rows in the table */

static gboolean format_of(const char *name, FeedFormat *format, GError **error)
{
    if (!name) return TRUE;
    *format = strcmp(name, "xml") == 0 ? FEED_FORMAT_XML : FEED_FORMAT_TSV;
    if (*format == FEED_FORMAT_XML || strcmp(name, "tsv") == 0) return TRUE;
    g_set_error(error, FEED_ERROR, 0, "--format=%s is unknown; there are xml and tsv.", name);
    return FALSE;
}

/* When the feed was written: as it says, else when its file was; never later than now. */
static gint64 written_utc(const Feed *feed, const char *path)
{
    gint64 time = feed_written_utc(feed), now = g_get_real_time() / 1000;
    GStatBuf status;
    if (!time && g_stat(path, &status) == 0) time = (gint64)status.st_mtime * 1000;
    return CLAMP(time, 0, now);
}

static gboolean publish(const Config *config, Feed *feed, const char *path, GError **error)
{
    CatalogueManifest manifest = {.products = feed_products(feed), .feed_utc = written_utc(feed, path)};
    g_autoptr(GBytes) packed = feed_pack(feed);
    CatalogueStream *stream = catalogue_stream_open(config_list(config, "bus", "servers"), error);
    gboolean well = stream && catalogue_stream_publish(stream, (int)config_int(config, "bus", "replicas"), packed, &manifest, error);
    catalogue_stream_close(stream);
    if (well)
        printf("imported: %u products, %.1f MB for each booth, version %" G_GINT64_FORMAT "\n", feed_products(feed),
               (double)manifest.bytes / 1e6, manifest.version);
    return well;
}

static void tell(const Feed *feed, const char *file)
{
    const FeedReport *report = feed_report(feed);
    printf("%s: %u products read, %u refused, %u attributes left out\n", file, feed_rows(feed), report->refused, report->warnings);
    feed_report_print(report, stdout, SHOWN_MAX);
}

gboolean import_feed(const Config *config, const ImportSettings *settings, GError **error)
{
    FeedFormat format = FEED_FORMAT_GUESS;
    if (!format_of(settings->format, &format, error)) return FALSE;
    Feed *feed = feed_new(format);
    gboolean well = feed_read_file(feed, settings->file, (guint)config_int(config, "catalogue", "refused_max"), error);
    tell(feed, settings->file);
    /* The report is wanted most when nothing came of the feed. */
    if (settings->report && !feed_report_write(feed_report(feed), settings->report, well ? error : NULL)) well = FALSE;
    well = well && publish(config, feed, settings->file, error);
    feed_free(feed);
    return well;
}
