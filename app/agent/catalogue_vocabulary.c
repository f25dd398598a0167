#include "agent/catalogue_vocabulary.h"

#include "agent/catalogue_words.h"

#include <string.h>

#define NEAR_MAX 16

struct CatalogueVocabularyWriter {
    GByteArray *bytes;
    char last[CATALOGUE_WORD_MAX + 1];
};

/* An entry: bytes shared with the word before, bytes that follow, a frequency (eighths of its logarithm), then those bytes. */
struct CatalogueVocabulary {
    GBytes *bytes;
};

/* --- writing
 * ------------------------------------------------------------------------------------------------------------------------------- */

CatalogueVocabularyWriter *catalogue_vocabulary_writer_new(void)
{
    CatalogueVocabularyWriter *writer = g_new0(CatalogueVocabularyWriter, 1);
    writer->bytes = g_byte_array_new();
    return writer;
}

void catalogue_vocabulary_writer_add(CatalogueVocabularyWriter *writer, const char *word, gint64 products)
{
    const gsize length = strlen(word);
    gsize shared = 0;
    guint8 frequency = 0;
    g_return_if_fail(length <= CATALOGUE_WORD_MAX);
    while (word[shared] && word[shared] == writer->last[shared]) shared++;
    for (gint64 rest = products; rest > 1 && frequency < 240; rest /= 2) frequency = (guint8)(frequency + 8);
    const guint8 head[] = {(guint8)shared, (guint8)(length - shared), frequency};
    g_byte_array_append(writer->bytes, head, sizeof head);
    g_byte_array_append(writer->bytes, (const guint8 *)word + shared, (guint)(length - shared));
    memcpy(writer->last, word, length + 1);
}

GBytes *catalogue_vocabulary_writer_end(CatalogueVocabularyWriter *writer)
{
    GBytes *bytes = g_byte_array_free_to_bytes(writer->bytes);
    g_free(writer);
    return bytes;
}

/* --- walking
 * ------------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const guint8 *at, *end;
    guint shared, length; /* of the word with the one before; in all */
    guint frequency;
    const guint8 *rest; /* the word from shared on */
} Walk;

static Walk walk_from(const CatalogueVocabulary *vocabulary)
{
    gsize size;
    const guint8 *bytes = g_bytes_get_data(vocabulary->bytes, &size);
    return (Walk){.at = bytes, .end = bytes ? bytes + size : NULL};
}

/* The next word; FALSE: that was the last, or the bytes are damaged (at is then before the end). */
static gboolean walk_next(Walk *walk)
{
    if (walk->end - walk->at < 3) return FALSE;
    const guint shared = walk->at[0], rest = walk->at[1];
    if (shared > walk->length || shared + rest > CATALOGUE_WORD_MAX || walk->end - walk->at < 3 + (gssize)rest) return FALSE;
    walk->shared = shared;
    walk->length = shared + rest;
    walk->frequency = walk->at[2];
    walk->rest = walk->at + 3;
    walk->at += 3 + rest;
    return TRUE;
}

CatalogueVocabulary *catalogue_vocabulary_new(GBytes *bytes)
{
    CatalogueVocabulary *vocabulary = g_new0(CatalogueVocabulary, 1);
    vocabulary->bytes = g_bytes_ref(bytes);
    Walk walk = walk_from(vocabulary);
    while (walk_next(&walk)) continue;
    if (walk.at == walk.end) return vocabulary;
    catalogue_vocabulary_free(vocabulary);
    return NULL;
}

void catalogue_vocabulary_free(CatalogueVocabulary *vocabulary)
{
    if (!vocabulary) return;
    g_bytes_unref(vocabulary->bytes);
    g_free(vocabulary);
}

gboolean catalogue_vocabulary_has_prefix(const CatalogueVocabulary *vocabulary, const char *prefix)
{
    const gsize length = strlen(prefix);
    guint matched = 0; /* bytes of prefix that the word at hand begins with */
    for (Walk walk = walk_from(vocabulary); walk_next(&walk);) {
        if (walk.shared > matched) continue;
        matched = walk.shared;
        while (matched < length && matched < walk.length && walk.rest[matched - walk.shared] == (guint8)prefix[matched]) matched++;
        if (matched == length) return TRUE;
    }
    return FALSE;
}

/* --- what is near
 * ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    guint distance, frequency, length;
    char text[CATALOGUE_WORD_MAX + 1];
} Near;

typedef struct {
    const char *word;
    guint length, most; /* of the word; mistakes */
    guint8 path[CATALOGUE_WORD_MAX];
    guint8 rows[CATALOGUE_WORD_MAX + 1][CATALOGUE_WORD_MAX + 1]; /* [depth][bytes of word]: distance */
    struct {
        guint distance, depth; /* the best of all beginnings up to here */
    } best[CATALOGUE_WORD_MAX + 1];
    Near near[NEAR_MAX];
    guint count, room;
} Search;

/* One byte deeper. Returns the least distance in the new row: below it nothing gets better. */
static guint deepen(Search *search, guint depth, guint8 byte)
{
    guint8 *row = search->rows[depth], *above = search->rows[depth - 1];
    const guint8 *word = (const guint8 *)search->word;
    guint least = row[0] = (guint8)depth;
    search->path[depth - 1] = byte;
    for (guint i = 1; i <= search->length; i++) {
        guint cost = above[i - 1] + (word[i - 1] == byte ? 0U : 1U);
        cost = MIN(cost, (guint)MIN(above[i], row[i - 1]) + 1);
        if (depth > 1 && i > 1 && word[i - 1] == search->path[depth - 2] && word[i - 2] == byte)
            cost = MIN(cost, search->rows[depth - 2][i - 2] + 1U);
        row[i] = (guint8)cost;
        least = MIN(least, cost);
    }
    search->best[depth] = search->best[depth - 1];
    if (row[search->length] <= search->best[depth - 1].distance) {
        search->best[depth].distance = row[search->length];
        search->best[depth].depth = depth;
    }
    return least;
}

static gboolean is_better(const Near *a, const Near *b)
{
    if (a->distance != b->distance) return a->distance < b->distance;
    return a->frequency > b->frequency;
}

/* Keeps the list in order. Words with one beginning stand together, the best of them counts. */
static void note(Search *search, guint depth, guint distance, guint frequency)
{
    Near found = {.distance = distance, .frequency = frequency, .length = depth};
    memcpy(found.text, search->path, depth);
    for (guint i = 0; i < search->count; i++) {
        if (search->near[i].length != depth || memcmp(search->near[i].text, found.text, depth) != 0) continue;
        if (!is_better(&found, &search->near[i])) return;
        memmove(&search->near[i], &search->near[i + 1], (search->count - i - 1) * sizeof(Near));
        search->count--;
        break;
    }
    guint place = search->count;
    while (place > 0 && is_better(&found, &search->near[place - 1])) place--;
    if (place >= search->room) return;
    if (search->count < search->room) search->count++;
    memmove(&search->near[place + 1], &search->near[place], (search->count - place - 1) * sizeof(Near));
    search->near[place] = found;
}

static void search_all(const CatalogueVocabulary *vocabulary, Search *search)
{
    guint known = 0; /* rows and path hold so many bytes of the word before */
    gboolean pruned = FALSE;
    for (Walk walk = walk_from(vocabulary); walk_next(&walk);) {
        if (pruned && walk.shared >= known) continue;
        pruned = FALSE;
        known = MIN(known, walk.shared);
        while (known < walk.length && !pruned) {
            guint least = deepen(search, known + 1, walk.rest[known - walk.shared]);
            known++;
            pruned = least > search->most;
        }
        if (search->best[known].distance <= search->most && search->best[known].distance > 0)
            note(search, search->best[known].depth, search->best[known].distance, walk.frequency);
    }
}

static guint mistakes_for(gsize length)
{
    if (length <= 3) return 0;
    return length <= 6 ? 1 : 2;
}

GPtrArray *catalogue_vocabulary_near(const CatalogueVocabulary *vocabulary, const char *word, guint most)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    const gsize length = strlen(word);
    if (length > CATALOGUE_WORD_MAX || mistakes_for(length) == 0) return found;
    Search *search = g_new0(Search, 1);
    search->word = word;
    search->length = (guint)length;
    search->most = mistakes_for(length);
    search->room = MIN(most, NEAR_MAX);
    for (guint i = 0; i <= search->length; i++) search->rows[0][i] = (guint8)i;
    search->best[0].distance = search->length;
    search_all(vocabulary, search);
    for (guint i = 0; i < search->count; i++) {
        /* Bytes are compared; a beginning may end within a character. */
        if (g_utf8_validate(search->near[i].text, search->near[i].length, NULL))
            g_ptr_array_add(found, g_strndup(search->near[i].text, search->near[i].length));
    }
    g_free(search);
    return found;
}
