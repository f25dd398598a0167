/* room: the air between the simulated speaker and the simulated microphones: what is played is heard a little later, quieter, and again and
 * again from the walls.
 *
 * Mono, 48 kHz, S16. Times are those of the system clock, in ns. Any thread. */
#pragma once

#include <gst/gst.h>

#define ROOM_RATE 48000

typedef struct {
    double delay_ms;   /* from played, as far as the devices tell when that is, to heard; 0..400 */
    double loss_db;    /* of the direct sound, 0..60 */
    double reverb_ms;  /* in which reflections fall by 60 dB; 0: no reflections; 0..400 */
    double reverb_db;  /* energy of all reflections, relative to the direct sound, -40..6 */
    double distortion; /* of the speaker: what a full-scale sample is short of, 0..0.5 */
} RoomShape;

#define ROOM_USUAL ((RoomShape){.delay_ms = 20, .loss_db = 10, .reverb_ms = 200, .reverb_db = -6, .distortion = 0})

typedef struct Room Room;

Room *room_new(void); /* silent: nothing is heard of what is played */
void room_free(Room *room);

/* NULL: silent. */
void room_set(Room *room, const RoomShape *shape);
/* A key file with the group [room] and the members' names as keys; what is left out is as usual. FALSE with a sentence; shape is as it was.
 */
gboolean room_parse(const char *text, RoomShape *shape, GError **error);

/* Sound from that time on; several at a time add up. */
void room_play(Room *room, GstClockTime time, const gint16 *samples, gsize count);
/* Adds what is heard from that time on. Beyond what has been played it is silent. */
void room_hear(Room *room, GstClockTime time, gint16 *samples, gsize count);
