/* import: `desk import FILE`: a product feed becomes the catalogue that booths have, or nothing changes and the report says why.
 *
 * Blocking; for the command line. */
#pragma once

#include "config/config.h"

typedef struct {
    const char *file;
    const char *format; /* "xml", "tsv"; NULL: by how it begins */
    const char *report; /* a file for the whole report, or NULL */
} ImportSettings;

/* Says on stdout what came of it. FALSE with a sentence: the catalogue is the one from before. */
gboolean import_feed(const Config *config, const ImportSettings *settings, GError **error);
