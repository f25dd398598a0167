#include "feed/feed.h"

#include "catalogue/gtin.h"
#include "catalogue/manifest.h"
#include "catalogue/pack.h"
#include "catalogue/product_type.h"
#include "feed/product.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define READ_BYTES  (256 * 1024)
#define BATCH_ROWS  64
#define BATCHES_MAX 32
#define BYTES_MAX   (2LL * 1024 * 1024 * 1024) /* of a feed */

typedef struct {
    char *id, *text;
    gboolean available, accessory;
    gint64 ratings;
    guint order;
    GArray *related; /* of FeedRelated, or NULL */
} Product;

struct Feed {
    FeedReader *reader;
    FeedReport *report;
    guint rows;
    GPtrArray *products; /* of Product */
    GHashTable *by_id;   /* id → Product */
    GHashTable *by_gtin; /* number → Product, the first one */
    gint64 bytes;
    gint full; /* atomic: set by the thread that judges */
    GThread *judge;
    GMutex lock; /* of what follows: batches of rows on their way to that thread */
    GCond moved;
    GQueue batches;   /* of GPtrArray of FeedRow; an empty one is the last */
    GPtrArray *batch; /* being filled */
};

static void product_free(gpointer data)
{
    Product *product = data;
    FeedProduct rest = {.text = product->text, .related = product->related};
    feed_product_clear(&rest);
    g_free(product->id);
    g_free(product);
}

static void note_gtin(Feed *feed, const json_t *json, Product *product)
{
    gint64 number = 0;
    if (!gtin_read(json_string_value(json_object_get(json, "gtin")), &number) || g_hash_table_contains(feed->by_gtin, &number)) return;
    g_hash_table_insert(feed->by_gtin, g_memdup2(&number, sizeof number), product);
}

static gboolean is_accessory(const json_t *json)
{
    g_auto(GStrv) levels = product_type_levels(json_string_value(json_object_get(json, "type")));
    return product_type_accessory_level((const char *const *)levels) >= 0;
}

static void add_product(Feed *feed, FeedProduct *judged)
{
    Product *product = g_new0(Product, 1);
    product->id = g_strdup(json_string_value(json_object_get(judged->json, "id")));
    product->text = g_steal_pointer(&judged->text);
    product->available = strcmp(json_string_value(json_object_get(judged->json, "availability")), "out_of_stock") != 0;
    product->accessory = is_accessory(judged->json);
    product->ratings = json_integer_value(json_object_get(judged->json, "ratings"));
    product->order = feed->products->len;
    product->related = g_steal_pointer(&judged->related);
    g_ptr_array_add(feed->products, product);
    g_hash_table_insert(feed->by_id, product->id, product);
    note_gtin(feed, judged->json, product);
}

static void judge_row(Feed *feed, const FeedRow *row)
{
    FeedProduct judged;
    feed->rows++;
    if (!feed_product_judge(row, feed->report, &judged)) return;
    const char *id = json_string_value(json_object_get(judged.json, "id"));
    if (g_hash_table_contains(feed->by_id, id))
        feed_report_add(feed->report, TRUE, row->line, id, "id", "another product before it has the same", "give every product its own id");
    else if (feed->products->len >= CATALOGUE_PRODUCTS_MAX)
        g_atomic_int_set(&feed->full, TRUE);
    else
        add_product(feed, &judged);
    feed_product_clear(&judged);
}

/* --- from the thread that reads to the one that judges
 * ------------------------------------------------------------------------------------- */

static gpointer judge_all(gpointer data)
{
    Feed *feed = data;
    for (gboolean more = TRUE; more;) {
        g_mutex_lock(&feed->lock);
        while (g_queue_is_empty(&feed->batches)) g_cond_wait(&feed->moved, &feed->lock);
        GPtrArray *batch = g_queue_pop_head(&feed->batches);
        g_cond_signal(&feed->moved);
        g_mutex_unlock(&feed->lock);
        for (guint i = 0; i < batch->len; i++) judge_row(feed, g_ptr_array_index(batch, i));
        more = batch->len > 0;
        g_ptr_array_unref(batch);
    }
    return NULL;
}

static void row_free(gpointer row)
{
    feed_row_free(row);
}

/* Waits while the judge is far behind. */
static void pass_batch(Feed *feed)
{
    g_mutex_lock(&feed->lock);
    while (feed->batches.length >= BATCHES_MAX) g_cond_wait(&feed->moved, &feed->lock);
    g_queue_push_tail(&feed->batches, g_steal_pointer(&feed->batch));
    g_cond_signal(&feed->moved);
    g_mutex_unlock(&feed->lock);
    feed->batch = g_ptr_array_new_with_free_func(row_free);
}

static void on_row(gpointer data, FeedRow *row)
{
    Feed *feed = data;
    g_ptr_array_add(feed->batch, feed_row_steal(row));
    if (feed->batch->len >= BATCH_ROWS) pass_batch(feed);
}

static void finish_judging(Feed *feed)
{
    if (!feed->judge) return;
    if (feed->batch->len > 0) pass_batch(feed);
    pass_batch(feed);
    g_thread_join(g_steal_pointer(&feed->judge));
}

Feed *feed_new(FeedFormat format)
{
    Feed *feed = g_new0(Feed, 1);
    feed->reader = feed_reader_new(format, on_row, feed);
    feed->report = feed_report_new();
    feed->products = g_ptr_array_new_with_free_func(product_free);
    feed->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    feed->by_gtin = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_mutex_init(&feed->lock);
    g_cond_init(&feed->moved);
    g_queue_init(&feed->batches);
    feed->batch = g_ptr_array_new_with_free_func(row_free);
    feed->judge = g_thread_new("judge", judge_all, feed);
    return feed;
}

void feed_free(Feed *feed)
{
    if (!feed) return;
    finish_judging(feed);
    g_ptr_array_unref(feed->batch);
    g_mutex_clear(&feed->lock);
    g_cond_clear(&feed->moved);
    feed_reader_free(feed->reader);
    feed_report_free(feed->report);
    g_hash_table_unref(feed->by_id);
    g_hash_table_unref(feed->by_gtin);
    g_ptr_array_unref(feed->products);
    g_free(feed);
}

static gboolean check_full(const Feed *feed, GError **error)
{
    if (!g_atomic_int_get(&feed->full) && feed->bytes <= BYTES_MAX) return TRUE;
    g_set_error(error, FEED_ERROR, 0, "The feed has more than %d products or %lld bytes, which is more than a booth takes.",
                CATALOGUE_PRODUCTS_MAX, BYTES_MAX);
    return FALSE;
}

gboolean feed_push(Feed *feed, const char *bytes, gsize length, GError **error)
{
    feed->bytes += (gint64)length;
    return feed_reader_push(feed->reader, bytes, length, error) && check_full(feed, error);
}

/* --- what goes with what ----------------------------------------------------------------------------------------------------------------
 */

static const Product *find_related(const Feed *feed, const FeedRelated *related)
{
    return g_hash_table_lookup(related->by_gtin ? feed->by_gtin : feed->by_id,
                               related->by_gtin ? (gconstpointer)&related->gtin : related->id);
}

/* Only now is it known which of them the feed has. The member goes in before the brace that ends the text. */
static void resolve_related(const Feed *feed, Product *product)
{
    if (!product->related) return;
    json_t *ids = json_array();
    for (guint i = 0; i < product->related->len; i++) {
        const Product *other = find_related(feed, &g_array_index(product->related, FeedRelated, i));
        if (other && other != product) json_array_append_new(ids, json_string(other->id));
    }
    char *list = json_dumps(ids, FEED_JSON_FORMAT), *before = product->text;
    product->text = g_strdup_printf("%.*s,\"accessories\":%s}", (int)strlen(before) - 1, before, list);
    json_decref(ids);
    free(list);
    free(before);
}

static gboolean check_share(const Feed *feed, guint refused_max, GError **error)
{
    if (feed->products->len == 0) {
        g_set_error(error, FEED_ERROR, 0, "The feed has no product that can be used: %u of %u were refused.", feed->report->refused,
                    feed->rows);
        return FALSE;
    }
    /* In 64 bits: no number of rows makes it wrap. */
    if ((guint64)feed->report->refused * 100 > (guint64)refused_max * feed->rows) {
        g_set_error(error, FEED_ERROR, 0,
                    "%u of %u products would be refused, more than the %u %% of [catalogue] refused_max: something is wrong with the feed.",
                    feed->report->refused, feed->rows, refused_max);
        return FALSE;
    }
    return TRUE;
}

gboolean feed_end(Feed *feed, guint refused_max, GError **error)
{
    gboolean read = feed_reader_end(feed->reader, error);
    finish_judging(feed);
    if (!read || !check_full(feed, error)) return FALSE;
    if (!check_share(feed, refused_max, error)) return FALSE;
    for (guint i = 0; i < feed->products->len; i++) resolve_related(feed, g_ptr_array_index(feed->products, i));
    return TRUE;
}

gboolean feed_read_file(Feed *feed, const char *path, guint refused_max, GError **error)
{
    FILE *file = fopen(path, "rbe");
    if (!file) {
        g_set_error(error, FEED_ERROR, 0, "%s cannot be opened: %s.", path, g_strerror(errno));
        return FALSE;
    }
    g_autofree char *bytes = g_malloc(READ_BYTES);
    gsize got;
    gboolean well = TRUE;
    while (well && (got = fread(bytes, 1, READ_BYTES, file)) > 0) well = feed_push(feed, bytes, got, error);
    if (well && ferror(file)) {
        g_set_error(error, FEED_ERROR, 0, "%s cannot be read.", path);
        well = FALSE;
    }
    fclose(file);
    /* The report of a feed that cannot be read to its end is wanted too. */
    if (!well) finish_judging(feed);
    return well && feed_end(feed, refused_max, error);
}

guint feed_rows(const Feed *feed)
{
    return feed->rows;
}

guint feed_products(const Feed *feed)
{
    return feed->products->len;
}

const FeedReport *feed_report(const Feed *feed)
{
    return feed->report;
}

gint64 feed_written_utc(const Feed *feed)
{
    return feed_reader_written_utc(feed->reader);
}

/* --- packing
 * -------------------------------------------------------------------------------------------------------------------------------- */

static gint compare(gconstpointer a, gconstpointer b)
{
    const Product *one = *(Product *const *)a, *other = *(Product *const *)b;
    if (one->available != other->available) return one->available ? -1 : 1;
    if (one->accessory != other->accessory) return one->accessory ? 1 : -1;
    if (one->ratings != other->ratings) return one->ratings > other->ratings ? -1 : 1;
    return one->order < other->order ? -1 : 1;
}

GBytes *feed_pack(Feed *feed)
{
    PackWriter *writer = pack_writer_new();
    g_ptr_array_sort(feed->products, compare);
    for (guint i = 0; i < feed->products->len; i++) {
        const Product *product = g_ptr_array_index(feed->products, i);
        pack_writer_add(writer, product->text, strlen(product->text));
    }
    GBytes *packed = pack_writer_end(writer);
    pack_writer_free(writer);
    return packed;
}
