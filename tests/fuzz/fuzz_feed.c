/* The first byte chooses the format and the size of the pieces, the rest is a feed. What is taken of it must be what booths can read. */
#include <stdint.h>
#include <string.h>

#include "catalogue/manifest.h"
#include "feed/feed.h"
#include "feed/product.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_row(gpointer data, FeedRow *row)
{
    FeedProduct product;
    if (!feed_product_judge(row, data, &product)) return;
    g_assert_cmpuint(strlen(product.text), <=, CATALOGUE_PRODUCT_MAX);
    g_assert_true(g_utf8_validate(product.text, -1, NULL));
    g_assert_null(strchr(product.text, '\n'));
    json_t *again = json_loads(product.text, JSON_REJECT_DUPLICATES, NULL);
    g_assert_true(again && json_equal(json_object_get(again, "id"), json_object_get(product.json, "id")));
    json_decref(again);
    feed_product_clear(&product);
}

static void judge_rows(FeedFormat format, const char *text, size_t size, size_t piece)
{
    FeedReport *report = feed_report_new();
    FeedReader *reader = feed_reader_new(format, on_row, report);
    gboolean well = TRUE;
    for (size_t at = 0; well && at < size; at += piece) well = feed_reader_push(reader, text + at, MIN(piece, size - at), NULL);
    if (well) feed_reader_end(reader, NULL);
    feed_reader_free(reader);
    feed_report_free(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    const FeedFormat format = data[0] % 3;
    const size_t piece = 1 + (data[0] / 3) * 50;
    const char *text = (const char *)data + 1;
    judge_rows(format, text, size - 1, piece);
    Feed *feed = feed_new(format);
    g_autoptr(GError) error = NULL;
    gboolean well = feed_push(feed, text, size - 1, &error) && feed_end(feed, 100, &error);
    g_assert_true(well == (error == NULL));
    g_assert_cmpuint(feed_products(feed) + feed_report(feed)->refused, ==, feed_rows(feed));
    if (well) g_bytes_unref(feed_pack(feed));
    feed_free(feed);
    return 0;
}
