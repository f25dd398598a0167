#define G_LOG_DOMAIN "desk"

#include <string.h>

#include "desk/exchange_state.h"
#include "journal/journal.h"

typedef struct {
    Exchange *exchange;
    News news;
} Errand;

/* One line in one desk's log for each step of a call. */
static void log_news(const News *news)
{
    const char *const more[] = {news->booth, news->why, news->outcome, news->cause};
    g_autoptr(GString) line = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(more); i++) {
        if (more[i] && *more[i]) g_string_append_printf(line, ", %s", more[i]);
    }
    journal_say(G_LOG_LEVEL_MESSAGE, G_LOG_DOMAIN, news->call, news->booth, "%s %s%s", news->call, news_kind_name(news->kind), line->str);
}

/* Each desk that saw it says it; the one from which the bus took it counts it. */
static void on_told(gpointer data, const StoreResult *result)
{
    g_autofree Errand *errand = data;
    if (result->verdict == STORE_WON) {
        counts_add(errand->exchange->counts, &errand->news);
        log_news(&errand->news);
    }
    if (result->verdict == STORE_UNRESOLVED) counts_lost(errand->exchange->counts);
}

void news_tell(Exchange *exchange, const News *news)
{
    if (!exchange->store) return;
    g_autofree char *subject = news_subject(news), *text = news_text(news);
    const Errand errand = {exchange, *news};
    store_tell(exchange->store, subject, text, on_told, g_memdup2(&errand, sizeof errand));
}

void news_tell_change(Exchange *exchange, const Call *old, const Call *call)
{
    g_autoptr(GArray) all = news_of_change(old, call);
    for (guint i = 0; i < all->len; i++) news_tell(exchange, &g_array_index(all, News, i));
}
