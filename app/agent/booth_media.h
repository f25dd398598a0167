/* booth_media: the part of the booth's state machine that keeps picture and sound of a call: the studio's word, the shopper's presence, and
 * the peer connection that is made anew when one is lost. */
#pragma once

#include "agent/booth_moves.h"

gboolean booth_take_media(BoothStep *step); /* BOOTH_STUDIO_*, BOOTH_MEDIA_IS, BOOTH_SHOPPER*, BOOTH_NO_PICTURE, BOOTH_CODEC_* */

/* The call was accepted: the first peer connection. */
void booth_start_media(BoothStep *step);
/* A new one in its place, where there is somebody to make it with. */
void booth_remake(BoothStep *step);
/* Both see each other. */
void booth_media_is_up(BoothStep *step);

/* After every event: keeps the clock of "gone", that there is no media, and nobody to make it with. */
void booth_watch_gone(BoothStep *step);
/* When a call without media is given up, or gets its next peer connection; 0: never. */
gint64 booth_gone_limit(const Booth *booth);
gint64 booth_remake_due(const Booth *booth);
