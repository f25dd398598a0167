#include "studio/field.h"

#include <string.h>

#define GROUP 3 /* figures between the points of 1.299.000 */

Field *field_new(glong most)
{
    Field *field = g_new0(Field, 1);
    field->text = g_string_new(NULL);
    field->most = most;
    return field;
}

void field_free(Field *field)
{
    if (!field) return;
    g_string_free(field->text, TRUE);
    g_free(field);
}

static gboolean fits_amount(const Field *field, gunichar letter)
{
    if (letter == ',' || letter == '.') return field->text->len > 0 && !strchr(",.", field->text->str[field->text->len - 1]);
    return letter >= '0' && letter <= '9';
}

gboolean field_amount(const Field *field, int decimals, gint64 *minor)
{
    gint64 amount = 0;
    int after = 0; /* figures behind the last point */
    gboolean pointed = FALSE;
    for (const char *at = field->text->str; *at; at++) {
        gboolean figure = g_ascii_isdigit(*at);
        if (figure) amount = amount * 10 + (*at - '0');
        after = figure ? after + 1 : 0;
        pointed |= !figure;
    }
    if (!pointed || after == GROUP) after = 0;
    if (!field->text->len || after > decimals) return FALSE;
    for (int i = after; i < decimals; i++) amount *= 10;
    *minor = amount;
    return TRUE;
}

gboolean field_type(Field *field, const char *typed)
{
    if (!g_utf8_validate(typed, -1, NULL)) return FALSE;
    glong room = field->most - g_utf8_strlen(field->text->str, -1);
    gboolean changed = FALSE;
    for (const char *at = typed; *at && room > 0; at = g_utf8_next_char(at)) {
        gunichar letter = g_utf8_get_char(at);
        if (g_unichar_iscntrl(letter) || (field->amount && !fits_amount(field, letter))) continue;
        g_string_append_unichar(field->text, letter);
        changed = TRUE;
        room--;
    }
    return changed;
}

gboolean field_rub_out(Field *field)
{
    if (!field->text->len) return FALSE;
    const char *last = g_utf8_find_prev_char(field->text->str, field->text->str + field->text->len);
    g_string_truncate(field->text, last ? (gsize)(last - field->text->str) : 0);
    return TRUE;
}

void field_clear(Field *field)
{
    g_string_truncate(field->text, 0);
}
