/* chat_log: what was said in a call's chat, as the console shows it. Pure. Main thread only. */
#pragma once

#include <glib.h>

#define CHAT_LOG_LINES_MAX 200  /* kept: the last ones */
#define CHAT_LOG_TEXT_MAX  2000 /* characters of one */

typedef struct {
    gboolean from_shopper;
    char *text;
} ChatLine;

typedef GPtrArray ChatLog; /* of ChatLine, oldest first */

ChatLog *chat_log_new(void);
void chat_log_free(ChatLog *log); /* NULL is fine */

/* What is not UTF-8 is left out. FALSE: nothing changed. */
gboolean chat_log_add(ChatLog *log, gboolean from_shopper, const char *text);
void chat_log_clear(ChatLog *log);
