/* booth_desk: the part of the booth's state machine that takes what the desk says: the link, offers, and what becomes of the call in hand.
 */
#pragma once

#include "agent/booth_moves.h"

/* BOOTH_LINK_DOWN, BOOTH_WELCOME, BOOTH_OFFER, BOOTH_UNPULLED, BOOTH_WITHDRAWN, BOOTH_ACCEPTED, BOOTH_REFUSED, BOOTH_ENDED, BOOTH_SEEN */
gboolean booth_take_desk(BoothStep *step);
