/* note: what the advisor says of a call after it, read and checked against the settings. Pure. */
#pragma once

#include "agent/booth.h"
#include "config/config.h"

#define NOTE_TAGS_MAX       12
#define NOTE_CURRENCIES_MAX 8
#define NOTE_VALUE_MAX      G_GINT64_CONSTANT(100000000000) /* smallest units: what is more was typed wrong */

typedef struct {
    const char *outcome; /* "" not said yet */
    const char *order;
    gint64 value_minor;
    const char *currency; /* "" no value */
    const char *const *tags;
} NoteWords;

/* [advisor] tags and currencies. FALSE with a sentence for a person. */
gboolean note_check_settings(const Config *config, GError **error);

/* FALSE with a sentence for a developer; note is as it was then. */
gboolean note_read(const Config *config, const NoteWords *words, BoothNote *note, GError **error);
