/* metrics_page: who may read /metrics, and what is answered. The figures are the exchange's (exchange_metrics()). */
#pragma once

#include "desk/door.h"

#define METRICS_TOKEN_MIN 16 /* characters */
#define METRICS_TOKEN_MAX 512

#define METRICS_PAGE_ERROR (metrics_page_error_quark())
GQuark metrics_page_error_quark(void);

/* The hash (token.h) of the token in a file, by which metrics_page() knows who brings it, to g_free(). NULL with one sentence when the file
 * cannot be read, or holds no word of printable characters without spaces. */
char *metrics_page_read_token(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A DoorRoute's handler; data: RouteParts. Without a token in the settings there is no such page. */
void metrics_page(void *data, DoorRequest *request);
