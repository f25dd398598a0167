#include "studio/chat_log.h"

static void line_free(gpointer data)
{
    ChatLine *line = data;
    g_free(line->text);
    g_free(line);
}

ChatLog *chat_log_new(void)
{
    return g_ptr_array_new_with_free_func(line_free);
}

void chat_log_free(ChatLog *log)
{
    if (log) g_ptr_array_unref(log);
}

gboolean chat_log_add(ChatLog *log, gboolean from_shopper, const char *text)
{
    if (!g_utf8_validate(text, -1, NULL)) return FALSE;
    if (log->len == CHAT_LOG_LINES_MAX) g_ptr_array_remove_index(log, 0);
    ChatLine *line = g_new0(ChatLine, 1);
    line->from_shopper = from_shopper;
    line->text = g_utf8_substring(text, 0, MIN(CHAT_LOG_TEXT_MAX, g_utf8_strlen(text, -1)));
    g_ptr_array_add(log, line);
    return TRUE;
}

void chat_log_clear(ChatLog *log)
{
    g_ptr_array_set_size(log, 0);
}
