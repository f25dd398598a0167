/* ledger: the desk's view of all records of the stream RECORDS, for figures and for looking up calls.
 *
 * The stream is the only truth. The ledger is a cache of it: an SQLite database in a folder, in which it goes on where it ended; a file of
 * its own that vanishes again when no folder is set. A damaged one, one of another version or of another stream is thrown away and read
 * anew, also when that is noticed while the desk runs. It takes each record by its key (call; booth, epoch and seq), so that a record that
 * is told twice, or late, counts once; a call's terminal record, the booths' records of it and its rating are joined by the call's id.
 *
 * It holds no text of a shopper: no contact, no words of a rating. What is older than the retention, or was erased (desk/privacy.h), goes.
 *
 * Threads: one reads the stream and writes, on a NATS connection of its own; one answers queries, one after the other, LEDGER_QUERIES_MAX
 * waiting at most. What they come to is handed out by ledger_dispatch() on the thread that calls it, after wake() said so. All other
 * functions are for that thread too, but for ledger_counters(). None of them waits for bus or disk. */
#pragma once

#include <glib.h>

#include "kpi/kpi.h"

#define LEDGER_QUERIES_MAX 64
#define LEDGER_GROUPS_MAX  20000 /* of one answer; beyond it the query is refused */
#define LEDGER_CALLS_MAX   5000  /* of one answer */
#define LEDGER_WAIT_BOUNDS                                                                                                                 \
    {                                                                                                                                      \
        5, 10, 20, 30, 60, 120, 300, 600, 1800                                                                                             \
    }                   /* seconds */
#define LEDGER_WAITS 10 /* one more for what is longer */

typedef struct Ledger Ledger;

typedef struct {
    const char *const *servers; /* nats://HOST:PORT; this and the strings below are copied */
    const char *folder;         /* NULL or "": none */
    guint retention_days;
    KpiTerms terms;
    const char *timezone;        /* for queries that name none */
    const char *const *attach;   /* tags that say that something was sold with the sale */
    void (*wake)(gpointer data); /* any thread: call ledger_dispatch() soon */
    gpointer data;
} LedgerSettings;

#define LEDGER_ERROR (ledger_error_quark())
GQuark ledger_error_quark(void);

/* NULL with one sentence when the folder cannot be used or the time zone is not known. The bus may be away: it is waited for. */
Ledger *ledger_open(const LedgerSettings *settings, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Queries under way are answered as unavailable. NULL is fine. */
void ledger_close(Ledger *ledger);
void ledger_dispatch(Ledger *ledger);

typedef enum {
    LEDGER_BY_NONE,
    LEDGER_BY_BOOTH,
    LEDGER_BY_STORE,
    LEDGER_BY_REGION,
    LEDGER_BY_TOPIC,
    LEDGER_BY_LANG,
    LEDGER_BY_HOUR,
    LEDGER_BY_DAY,
} LedgerBy;

/* "booth", "store", ...; "none". FALSE: not one of them. */
gboolean ledger_by_read(const char *name, LedgerBy *ret_by);
const char *ledger_by_name(LedgerBy by);

/* Which calls: those that were asked for in [from, to). Strings: NULL is any. What of a call did not come to a booth (a wait that nobody
 * answered) has the booth "", and its store and region are "". All are copied. */
typedef struct {
    gint64 from_utc, to_utc;
    const char *booth, *store, *region, *topic, *lang;
    const char *timezone; /* of hours and days; NULL: that of the settings */
} LedgerScope;

typedef enum {
    LEDGER_GOOD,
    LEDGER_REFUSED,     /* text is a sentence that says what is wrong with the query */
    LEDGER_UNAVAILABLE, /* too many queries wait, or the ledger closes: text is a sentence */
} LedgerVerdict;

/* From ledger_dispatch(), once for each query. text: JSON when it is good; only read during the call. */
typedef void (*LedgerDone)(gpointer data, LedgerVerdict verdict, const char *text);

/* All figures (docs/kpi.md, "As JSON"), in total and by up to two things, such as topic and day:
 *   {"from_utc","to_utc","timezone","by":["topic"],"caught_up":true,"total":{FIGURES},
 *    "groups":[{"key":["tv"],"figures":{FIGURES}}]}
 * A group by hour or day has "start_utc" and "end_utc" too. By hour or day alone there is a group for each one of the scope up to now;
 * otherwise, and long before now, one for each that has calls. In the order of their keys. */
void ledger_figures(Ledger *ledger, const LedgerScope *scope, LedgerBy by, LedgerBy then_by, LedgerDone done, gpointer data);

/* The newest calls of the scope first, limit of them at most (0: LEDGER_CALLS_MAX), those that were asked for before before_utc
 * (0: any), for pages:
 *   {"caught_up":true,"calls":[{"call","enqueued_utc","topic","lang","booth","store","region","outcome","cause","waited_ms",
 *     "answered_utc","media_up_utc","ended_utc","promise":null|{"p50_ms","p90_ms"},"offers":[{"booth","gen","offered_utc","ended_utc",
 *     "result"}],"handled":[{"booth","epoch","seq","gen","talk_ms","hold_ms","wrapup_ms","outcome","value_minor","currency","codec",
 *     "quality":null|{..}}],"rating":null|{"stars","recommend"}}]}
 * Durations that are not known are null. quality: what the booth's record tells of the call's media, as it is. */
void ledger_calls(Ledger *ledger, const LedgerScope *scope, gint64 before_utc, guint limit, LedgerDone done, gpointer data);

/* What came in since the ledger began, each record once; for counters, so it never falls while the ledger lives. */
typedef struct {
    gboolean caught_up;                      /* all that had landed when it last looked is in */
    guint64 last;                            /* sequence of the last record */
    guint64 behind;                          /* records known to wait */
    guint64 calls[KPI_OUTCOMES][KPI_CAUSES]; /* a completed call and a callback are under KPI_UNKNOWN_CAUSE */
    guint64 offers[KPI_OFFER_RESULTS];
    guint64 handled;       /* booths' records of accepted calls */
    guint64 booth_records; /* all booths' records */
    guint64 ratings;
    guint64 answered;            /* of them: */
    guint64 waits[LEDGER_WAITS]; /* up to each of LEDGER_WAIT_BOUNDS, not cumulated */
    guint64 waited_ms;           /* sum */
    guint64 refused;             /* records that could not be read */
} LedgerCounters;

/* Any thread; does not wait. */
void ledger_counters(Ledger *ledger, LedgerCounters *ret_counters);
