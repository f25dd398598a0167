/* booth_wishes: the part of the booth's state machine that takes what the advisor wants, from the console, the panel or boothctl. */
#pragma once

#include "agent/booth_moves.h"

gboolean booth_take_wish(BoothStep *step); /* BOOTH_WISH_*; FALSE: it does not fit the state, and changed nothing */
