#include "catalogue/gtin.h"

/* The digits of text; -1 when something else stands in it or there are too many. */
static int take_digits(const char *text, char digits[14])
{
    int count = 0;
    for (; *text; text++) {
        if (*text == ' ' || *text == '-') continue;
        if (!g_ascii_isdigit(*text) || count == 14) return -1;
        digits[count++] = *text;
    }
    return count;
}

static gboolean is_length(int count)
{
    return count == 8 || (count >= 12 && count <= 14);
}

gboolean gtin_is_shaped(const char *text)
{
    char digits[14];
    return is_length(take_digits(text, digits));
}

gboolean gtin_read(const char *text, gint64 *ret_number)
{
    char digits[14];
    const int count = take_digits(text, digits);
    if (!is_length(count)) return FALSE;
    gint64 number = 0;
    int sum = 0;
    for (int i = 0; i < count; i++) {
        const int digit = digits[i] - '0';
        /* Weights 3 and 1 in turn, from the right; the check digit itself has 1. */
        sum += (count - i) % 2 == 0 ? 3 * digit : digit;
        number = number * 10 + digit;
    }
    if (sum % 10 != 0 || number == 0) return FALSE;
    if (ret_number) *ret_number = number;
    return TRUE;
}
