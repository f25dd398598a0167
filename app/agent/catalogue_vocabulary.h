/* catalogue_vocabulary: every word of the catalogue in order, small enough to keep in memory, and which of them someone may have meant.
 *
 * A word is near another one when few letters were mistyped, left out, added or swapped with the next (optimal string alignment); as one
 * types, a word is near as soon as its beginning is. A finished vocabulary is read-only: any thread. */
#pragma once

#include <glib.h>

typedef struct CatalogueVocabulary CatalogueVocabulary;

/* Building: words in ascending order of their bytes, none longer than CATALOGUE_WORD_MAX; products: how many have it. */
typedef struct CatalogueVocabularyWriter CatalogueVocabularyWriter;
CatalogueVocabularyWriter *catalogue_vocabulary_writer_new(void);
void catalogue_vocabulary_writer_add(CatalogueVocabularyWriter *writer, const char *word, gint64 products);
GBytes *catalogue_vocabulary_writer_end(CatalogueVocabularyWriter *writer); /* frees it */

/* From what a writer made. NULL: bytes are damaged. */
CatalogueVocabulary *catalogue_vocabulary_new(GBytes *bytes);
void catalogue_vocabulary_free(CatalogueVocabulary *vocabulary); /* NULL is fine */

gboolean catalogue_vocabulary_has_prefix(const CatalogueVocabulary *vocabulary, const char *prefix);

/* The beginnings of words that word may have been meant as: at most most of them, the nearest and then the most frequent first; without
 * word itself. How many mistakes are forgiven follows from its length: none to 3 bytes, 1 to 6, else 2. To g_ptr_array_unref(). */
GPtrArray *catalogue_vocabulary_near(const CatalogueVocabulary *vocabulary, const char *word, guint most);
