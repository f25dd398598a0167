#include "text/price.h"

#include "catalogue/money.h"

#include <math.h>
#include <string.h>

#define NO_BREAK "\xc2\xa0"

static gboolean is_english(const char *language)
{
    return strcmp(language, "en") == 0;
}

char price_point(const char *language)
{
    return is_english(language) ? '.' : ',';
}

/* The sign that people of the language use, or the currency's code. */
static const char *sign_of(const char *language, const char *currency)
{
    static const struct {
        const char *currency, *languages, *sign;
    } signs[] = {{"NOK", "nb", "kr"}, {"SEK", "sv", "kr"}, {"DKK", "da", "kr."}, {"EUR", "en nb sv da fi", "€"}, {"GBP", "en", "£"}};
    for (guint i = 0; i < G_N_ELEMENTS(signs); i++) {
        if (strcmp(signs[i].currency, currency) == 0 && strstr(signs[i].languages, language)) return signs[i].sign;
    }
    return currency;
}

static void append_grouped(GString *to, guint64 whole, const char *separator)
{
    char digits[24];
    gsize length = (gsize)g_snprintf(digits, sizeof digits, "%" G_GUINT64_FORMAT, whole);
    for (gsize i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0) g_string_append(to, separator);
        g_string_append_c(to, digits[i]);
    }
}

char *price_format(const char *language, gint64 minor, const char *currency)
{
    const int decimals = MAX(0, money_decimals(currency));
    const char *sign = sign_of(language, currency);
    gboolean english = is_english(language), before = english, code = strcmp(sign, currency) == 0;
    guint64 unit = 1, amount = minor < 0 ? (guint64) - (minor + 1) + 1 : (guint64)minor;
    for (int i = 0; i < decimals; i++) unit *= 10;
    GString *text = g_string_new(minor < 0 ? "-" : "");
    if (before) g_string_append_printf(text, "%s%s", sign, code ? NO_BREAK : "");
    append_grouped(text, amount / unit, english ? "," : strcmp(language, "da") == 0 ? "." : NO_BREAK);
    if (amount % unit) g_string_append_printf(text, "%c%0*" G_GUINT64_FORMAT, price_point(language), decimals, amount % unit);
    if (!before) g_string_append_printf(text, NO_BREAK "%s", sign);
    return g_string_free(text, FALSE);
}

char *price_number(const char *language, double value)
{
    char digits[48];
    double tenths = round(CLAMP(value, -1e9, 1e9) * 10);
    g_ascii_formatd(digits, sizeof digits, fmod(tenths, 10) != 0 ? "%.1f" : "%.0f", tenths / 10);
    g_strdelimit(digits, ".", price_point(language));
    return g_strdup(digits);
}
