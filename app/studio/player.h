/* player: a product's video for the demo display: its pictures into a mailbox, its sound on the speaker. Main thread only.
 *
 * The shop's server is not trusted: only http and https are fetched, a video that does not begin within PLAYER_START_S is given up, and
 * what breaks is silence and no picture; without the speaker it plays silently. It plays again from the beginning until it is stopped. */
#pragma once

#include "drivers/audio/audio.h"
#include "studio/mailbox.h"

typedef struct Player Player;

#define PLAYER_START_S 15

/* Borrows speaker and mailbox; device, which may be NULL, is copied. speaker NULL: no sound. */
Player *player_new(const AudioDriver *speaker, const char *device, Mailbox *mailbox);
void player_free(Player *player); /* NULL is fine */

/* Plays the video of that address; the one that plays already goes on. NULL stops: no picture and no sound any more when it returns. */
void player_play(Player *player, const char *address);
