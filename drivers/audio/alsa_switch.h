/* alsa_switch: the capture switch and the capture volume of a sound card's mixer, told by its events. Main thread only.
 *
 * A card has more capture controls than the one that matters (a line input beside the microphone), and does not say which; a booth that a
 * wrong guess keeps closed is worse than one that hears itself silent a second later. So the microphone counts as switched off when
 * - the control named "Capture", which is before all others where there is one, is off, or
 * - every control of captured sound is off.
 * A control is off when its switch is off on all channels, or its volume is the lowest on all channels and lets nothing through: mute,
 * below ALSA_SWITCH_AUDIBLE_DB, or of unknown loudness. Controls without a direction of their own (automatic gain) do not count. */
#pragma once

#include "drivers/audio/audio.h"

#define ALSA_SWITCH_AUDIBLE_DB (-30)

/* name: of a mixer, such as hw:Microphone. NULL: there is no such mixer, or no control of captured sound in it. */
AudioSwitch *alsa_switch_new(const char *name, AudioSwitchChanged changed, void *data);
