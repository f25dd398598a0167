/* exchange_state: what the parts of the exchange share; for exchange*.c alone. One thread. */
#pragma once

#include "desk/call.h"
#include "desk/counts.h"
#include "desk/ended.h"
#include "desk/exchange.h"
#include "desk/missed.h"
#include "desk/queue.h"
#include "desk/rules.h"
#include "desk/service_level.h"
#include "desk/wait.h"
#include "wire/wire.h"

#define EXCHANGE_LEASE_MS      20000 /* not renewed for so long: nobody holds it */
#define EXCHANGE_DESK_DEAD_MS  5000  /* no heartbeat for so long */
#define EXCHANGE_RING_GRACE_MS 5000  /* on top of ring_ms, before the desk acts for an agent that does not */
#define EXCHANGE_UNLINKED_MS   3000  /* a booth gets so long to come back to this desk before its live call may be taken */
#define EXCHANGE_SILENT_MS     8000  /* or so long to renew at another desk */
#define EXCHANGE_RETRY_MS      300   /* an unresolved write is tried again */
#define EXCHANGE_WORD_MS       3000  /* for the page to say that it had a picture, when its desk died */
#define EXCHANGE_LEFTOVER_MS   5000  /* what another desk has not finished is finished here */
#define EXCHANGE_EARLY_MAX     64    /* words that wait for one call's view */
#define EXCHANGE_CLAIM_MS      3000  /* a page that comes back waits so long for full sight of the calls, */
#define EXCHANGE_WORDS_MAX     16    /* and says so much meanwhile */
#define EXCHANGE_BAD_MAX       3
#define EXCHANGE_RECORDS_MAX   256 /* booths' records that wait for the bus, for each booth */

typedef struct Entry Entry;
typedef struct Shopper Shopper;
typedef struct Booth Booth;

/* What is known of a booth's identity: nothing yet; it is the one booth of that name; there are two. Only a good one gets calls. */
typedef enum { IDENTITY_UNKNOWN, IDENTITY_GOOD, IDENTITY_TWICE } BoothIdentity;

typedef enum { INTENT_DESK, INTENT_SHOPPER, INTENT_BOOTH } IntentOrigin;

/* Something that shall happen to a call. Kept until the write is resolved, or the call has become what it does not fit. */
typedef struct {
    CallEvent event;
    IntentOrigin from;
    const char *what; /* the booth's message, for refused */
    char *booth_name; /* of an offer */
} Intent;

/* A call in the view. */
struct Entry {
    Exchange *exchange;
    char id[34];
    Call *call;
    guint64 revision;
    guint view;        /* the last view that showed it */
    gint64 lease_seen; /* all monotonic ms of this desk */
    gint64 offered_seen;
    gint64 away_since; /* 0: the shopper is here, or another living desk's to watch */
    gint64 unlinked_since;
    gint64 retry_at, finish_at;
    GQueue intents;  /* of Intent */
    Intent *writing; /* the one that the store is at */
    Call *written;
    gboolean offering, finishing;
    GQueue early;        /* words for the shopper that came before the view showed their generation */
    gboolean media_lost; /* the booth has given the call up; whether it is over depends on the shopper */
    CallEvent media_lost_event;
    gint64 hangup_at; /* when hangup_event counts, at the latest; 0: there is none */
    CallEvent hangup_event;
    Shopper *shopper; /* its page is here */
    Booth *booth;     /* its owner's link is here and holds it */
};

/* What both kinds of links have; first in them. */
typedef struct {
    DoorLink *link;
    DoorKind kind;
    guint64 serial;
    char *address;
    guint bad;
    gdouble tokens; /* for messages */
    gint64 filled;
} Peer;

/* What a write for a link comes back to; the link may be gone by then. */
typedef struct {
    Exchange *exchange;
    guint64 serial;
} PeerErrand;

struct Shopper {
    Peer peer;
    Entry *entry;
    char *key;
    char asking[34]; /* id of the call being written, or "" */
    json_t *claim;   /* its resume or rating: waits until the view shows all that was written before it came */
    GList *claiming; /* its node in exchange->claiming */
    gint64 claim_heard;
    GQueue words;    /* of json_t: what was said after it */
    gboolean unsure; /* a resume waited in vain: its call may be there all the same */
    gboolean calling_back;
    guint told_place;
    gboolean told_staff;
    gint64 told_at, told_p50, told_p90;
};

struct Booth {
    Peer peer;
    char *id, *name;
    BoothIdentity identity;
    char *instance, *key; /* of its agent's process, "" when it does not say; of its certificate */
    json_t *hello;        /* kept while another link has its name */
    gint64 released;      /* µs, when ops last did */
    gint64 announce_at, settle_at;
    gboolean settling, twice_written;
    gboolean introduced, welcomed;
    gboolean staffed;       /* an advisor is there: it pulls, or its status is neither paused nor starting */
    gboolean unwelcomed;    /* all is known for the welcome but what became of the call that it claims */
    gint64 heard;           /* when its hello came */
    char **own_topics;      /* as it says */
    char **topics, **langs; /* what it is given calls of */
    QueueSkills skills;
    gint64 epoch;
    json_t *claim; /* the call of its hello until the welcome */
    gint64 pull_seq;
    gboolean pulling;  /* a pull is parked or an offer for it under way */
    gboolean unpull;   /* taken back while the offer was under way */
    char offering[34]; /* the call being written for it */
    gint64 match_at;
    GList *parked;  /* its node in exchange->parked */
    Entry *entry;   /* the call that it holds */
    GQueue records; /* that wait for the bus, in order; of exchange_records.c */
    gboolean appending;
    gint64 records_at;
    guint64 record_revision; /* of the last landed one; 0 when not known */
    gint64 stored_epoch, stored_seq;
    gboolean stored_known; /* the welcome could tell them */
    gboolean reading;      /* a chunk of the catalogue, for it */
    char *snapshot;        /* the newest, while another one is being written */
    gboolean snapshotting;
    char *essence;         /* what the last one that was written said, without what always moves; NULL: the next one is written at once */
    gint64 stored_at;      /* that one */
    gboolean said_staffed; /* by its last status, */
    MissedDoing said_doing;
    MissedDoing doing; /* as it last said; MISSED_OVERRUN comes with time: */
    gint64 wrapup_end; /* 0: it is in none */
    guint state;       /* of its last status, and the problems in it, for the metrics: see booth_note_status() */
    guint64 problems;
};

/* How many booths with the same skills do what. */
typedef struct {
    QueueSkills skills;
    char **topics, **langs; /* borrowed; NULL: another desk's */
    guint booths[MISSED_DOINGS];
} MissedGroup;

typedef struct {
    guint64 revision;
    gint64 seen;
    guint booths;
    GArray *skills; /* of QueueSkills */
    GArray *groups; /* of MissedGroup */
} Desk;

struct Exchange {
    const ExchangeSettings *settings;
    DoorEvents door_events;
    StoreEvents store_events;
    Store *store;
    CatalogueStore *catalogue;
    Ledger *ledger;
    Door *door;
    GMutex door_lock; /* of door, which other threads wake */
    Queue *queue;
    Ended *ended;
    ServiceLevel *level;
    Counts *counts;
    Wait *wait;
    GHashTable *calls;   /* id → Entry */
    GHashTable *peers;   /* serial → Peer */
    GHashTable *booths;  /* id → Booth, introduced */
    GHashTable *desks;   /* instance → Desk */
    GHashTable *lost;    /* id → booth whose link ended while it was staffed; of exchange_missed.c */
    GHashTable *asking;  /* id → Shopper */
    GHashTable *markers; /* key → Marker */
    GHashTable *askers;  /* household → Asker */
    GQueue parked;       /* of Booth, longest first */
    GQueue held;         /* of Booth, which wait for another link of their name to end */
    GQueue claiming;     /* of Shopper, whose claim waits, longest first */
    guint64 serial;
    guint view;
    gboolean ready, whole; /* whole: the view is complete and up to date */
    gint64 sighted;        /* when it last was */
    gint64 as_of;          /* µs: what was written before is in the view */
    gint64 bus_ahead;      /* ms: of the bus's clock, of this desk's monotonic one */
    char *secret;          /* for callback references */
    gboolean secret_asked;
    gint64 swept, swept_booths, swept_slow;
    char *queue_told;
    const ExchangeHooks *hooks;
    const ExchangeSettings *configured;
    ExchangeSettings ruled; /* the settings that count: those of desk.conf, and what ops have set */
    Rules *rules;
};

gint64 exchange_mono(void); /* ms */
gint64 exchange_utc(void);
gboolean exchange_is_self(const Exchange *exchange, const char *desk);
gboolean exchange_desk_is_dead(const Exchange *exchange, const char *desk, gint64 now);
/* Whether a booth with the skills is linked, here or at another living desk; NULL lang: any language; NULL topic: any booth. */
gboolean exchange_has_staff(const Exchange *exchange, const char *topic, const char *lang);
/* Whether the view shows all that had been written by then (g_get_monotonic_time()). If not, it soon will: see store_look(). */
/* One desk tidies for all: the living one with the first name. */
gboolean exchange_is_janitor(const Exchange *exchange, gint64 now);
gboolean exchange_has_seen(const Exchange *exchange, gint64 then);

gboolean exchange_topic_is_open(const Exchange *exchange, const char *topic);

/* --- exchange_peers.c: what both kinds of links have */
void peer_open(Exchange *exchange, Peer *peer, DoorKind kind, DoorLink *link,
               const char *address);                                /* the first member of what it becomes */
void peer_close(Exchange *exchange, Peer *peer);                    /* before that is freed */
PeerErrand *peer_errand(Exchange *exchange, const Peer *peer);      /* to g_free() */
Peer *peer_find(const Exchange *exchange, guint64 serial);          /* NULL: the link is gone */
gboolean peer_is_too_fast(Peer *peer);                              /* counts a message */
void peer_send(Peer *peer, json_t *message);                        /* takes message */
void peer_error(Peer *peer, const char *code, const char *detail);  /* detail may be NULL */
void peer_reject(Peer *peer, const char *code, const char *detail); /* and counts: the third one closes the link */

/* --- exchange_calls.c: entries and what becomes of them */
void entry_free(Entry *entry);
Entry *entry_find(Exchange *exchange, const char *id);
/* A word of another desk for the shopper: told now, when the view has shown its generation, or never. */
void entry_hear(Entry *entry, guint gen, const char *text);
/* Takes call. Ignores what is not newer than what is known. */
void entry_learn(Exchange *exchange, const char *id, Call *call, guint64 revision);
void entry_gone(Entry *entry); /* purged; frees it */
void entry_wants(Entry *entry, const CallEvent *event, IntentOrigin from, const char *what);
gboolean entry_is_wanted(const Entry *entry, CallEventKind kind);
void entry_pump(Entry *entry);
void entry_sweep(Entry *entry, gint64 now);
void entry_offer(Entry *entry, Booth *booth);
void entry_match(Entry *entry);
void entry_set_shopper(Entry *entry, Shopper *shopper); /* NULL: the page is gone */
void entry_set_booth(Entry *entry, Booth *booth);       /* NULL: the link is gone or the call left it */
gboolean entry_shopper_is_away(const Entry *entry, gint64 now);
CallEvent entry_event(const Entry *entry, CallEventKind kind);
void entry_to_shopper(Entry *entry, json_t *message); /* takes message; over the bus when its page is elsewhere */
void entry_to_booth(Entry *entry, json_t *message);

/* --- exchange_shoppers.c */
void shopper_opened(Exchange *exchange, DoorLink *link, const char *address);
void shopper_received(Exchange *exchange, Shopper *shopper, json_t *message);
void shopper_closed(Exchange *exchange, Shopper *shopper);
void shopper_tell(Shopper *shopper, const Call *old);            /* how its call stands now; old may be NULL */
void shopper_tell_standing(Shopper *shopper, gboolean requeued); /* as the call's state says */
void shopper_tell_ended(Shopper *shopper, const char *call, const EndedCall *ended);
void shopper_update(Shopper *shopper, gint64 now);
void shopper_forget_address(Exchange *exchange, gint64 now);

/* --- exchange_claims.c: a page that has the key of a call */
void claim_take(Exchange *exchange, Shopper *shopper, json_t *message); /* a resume or a rating */
void claim_keep_word(Shopper *shopper, json_t *message);                /* what is said while the claim waits */
void claim_drop(Exchange *exchange, Shopper *shopper);
void claim_answer_waiting(Exchange *exchange); /* the view has gone on, or time has */

/* --- exchange_booths.c */
void booth_opened(Exchange *exchange, DoorLink *link, const char *identity, const char *address);
void booth_received(Exchange *exchange, Booth *booth, json_t *message);
void booth_closed(Exchange *exchange, Booth *booth);
void booth_tell(Entry *entry, const Call *old);
void booth_tell_accepted(Entry *entry); /* again, where the first answer may have been lost */
void booth_refuse(Exchange *exchange, const Intent *intent, const char *id);
void booth_match(Exchange *exchange, Booth *booth);
void booth_match_parked(Exchange *exchange); /* each whose pull waits */
void booth_offer_failed(Exchange *exchange, const char *id, gboolean unresolved);
void booth_greet_waiting(Exchange *exchange); /* the view has gone on */
void booth_sweep(Exchange *exchange, Booth *booth);
/* What a booth came to with something that ops asked for: exchange_ops.c. */
void booth_told_ops(Exchange *exchange, Booth *booth, const json_t *message);
void booth_tell_queue(Exchange *exchange);
json_t *booth_line(Exchange *exchange); /* what booth_tell_queue() tells; new reference */

void booth_take_hello(Exchange *exchange, Booth *booth, json_t *message);
/* What it is given calls of: what ops have set for it, else what it says itself. */
void booth_use_topics(Exchange *exchange, Booth *booth);
void booth_part_from_line(Exchange *exchange, Booth *booth); /* it waits for no call any more; what it has asked stays asked */

/* --- exchange_identity.c */
typedef struct {
    gint64 since, proven; /* µs, monotonic: when it began to speak, and the last time that it is known to have lived */
} IdentityLife;
gboolean identity_overlaps(const IdentityLife *one, const IdentityLife *other, gint64 margin); /* pure */
void identity_begin(Exchange *exchange, Booth *booth, const json_t *hello);                    /* it has the name now */
void identity_end(Exchange *exchange, Booth *booth);                                           /* its link ends */
void identity_hold(Exchange *exchange, Booth *booth, json_t *hello);                           /* another process has the name */
void identity_heard(Exchange *exchange, const char *id, const char *text);                     /* from another desk, about a booth */
void identity_sweep_held(Exchange *exchange);                                                  /* those that wait for a name */
void identity_sweep(Exchange *exchange, Booth *booth, gint64 now);

/* --- exchange_news.c: what the world outside is told */
void news_tell(Exchange *exchange, const News *news);
void news_tell_change(Exchange *exchange, const Call *old, const Call *call); /* old: NULL when nothing was known */

/* --- exchange_status.c */
/* A status as it came, when its text is plain (wire/plain.h). FALSE: it is not, or it is another message; nothing happened. */
gboolean status_take_text(Exchange *exchange, Booth *booth, const char *text, gsize length);
void status_take(Exchange *exchange, Booth *booth, const json_t *message); /* decoded */

/* --- exchange_metrics.c */
void booth_note_status(Booth *booth, const json_t *snapshot);

/* --- exchange_missed.c: what the booths do, for the cause of a missed call: see missed.h */
GHashTable *missed_lost_new(void);
void missed_note_pull(Exchange *exchange, Booth *booth);
void missed_note_status(Exchange *exchange, Booth *booth, const json_t *snapshot);
void missed_note_closed(Exchange *exchange, const Booth *booth);         /* its link ended; after identity_end() */
void missed_heard(Exchange *exchange, const char *id, const char *text); /* about a booth: another desk may have it now */
json_t *missed_tell(Exchange *exchange);                                 /* of the heartbeat, new reference: groups of this desk's booths */
void missed_hear(MissedGroup *group, const json_t *item);                /* the counts of one of another desk's */
const char *missed_why(Exchange *exchange, const Call *call);            /* as missed_cause() */

/* --- exchange_records.c */
void booth_take_records(Exchange *exchange, Booth *booth, const json_t *message); /* record or records */
void booth_append(Exchange *exchange, Booth *booth);                              /* what waits, when it may be written */
void booth_drop_records(Booth *booth);

/* --- exchange_catalogue.c */
void catalogue_tell(Exchange *exchange, Booth *booth); /* which version counts; nothing when there is none */
void catalogue_take_get(Exchange *exchange, Booth *booth, const json_t *message);
void catalogue_dispatch(Exchange *exchange);
