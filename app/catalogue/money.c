#include "catalogue/money.h"

#include <string.h>

#define DIGITS_MAX 12

static const char two[] =
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE "
    "CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR "
    "KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB "
    "PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TOP TRY TTD "
    "TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ";
static const char none[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF ";
static const char three[] = "BHD IQD JOD KWD LYD OMR TND ";

static gboolean is_in(const char *list, const char *currency)
{
    const char *at = strstr(list, currency);
    return at && (at - list) % 4 == 0;
}

int money_decimals(const char *currency)
{
    if (strlen(currency) != 3) return -1;
    if (is_in(two, currency)) return 2;
    if (is_in(none, currency)) return 0;
    return is_in(three, currency) ? 3 : -1;
}

/* The digits from *at on; their decimals in *ret_decimals, the zeros at their end gone. FALSE: no amount. */
static gboolean take_amount(const char **at, gint64 *ret_value, int *ret_decimals)
{
    gint64 value = 0;
    int digits = 0, decimals = -1, zeros = 0;
    const char *c = *at;
    for (; g_ascii_isdigit(*c) || ((*c == '.' || *c == ',') && decimals < 0 && digits > 0); c++) {
        if (!g_ascii_isdigit(*c)) {
            decimals = 0;
            continue;
        }
        if (++digits > DIGITS_MAX) return FALSE;
        value = value * 10 + (*c - '0');
        decimals += decimals >= 0 ? 1 : 0;
        zeros = decimals > 0 && *c == '0' ? zeros + 1 : 0;
    }
    for (decimals = MAX(decimals, 0); zeros > 0; zeros--, decimals--) value /= 10;
    *at = c;
    *ret_value = value;
    *ret_decimals = decimals;
    return digits > 0;
}

static void skip_space(const char **at)
{
    while (**at == ' ' || strncmp(*at, "\xC2\xA0", 2) == 0) *at += **at == ' ' ? 1 : 2;
}

static gboolean take_currency(const char **at, char currency[4])
{
    gsize length = 0;
    while (length < 3 && g_ascii_isalpha((*at)[length])) length++;
    if (length < 3 || g_ascii_isalpha((*at)[3])) return FALSE;
    for (gsize i = 0; i < 3; i++) currency[i] = g_ascii_toupper((*at)[i]);
    currency[3] = '\0';
    *at += 3;
    return TRUE;
}

MoneyVerdict money_read(const char *text, gint64 *ret_minor, char currency[4])
{
    gint64 value = 0;
    int decimals = 0;
    skip_space(&text);
    gboolean before = take_currency(&text, currency);
    skip_space(&text);
    if (!take_amount(&text, &value, &decimals)) return MONEY_NO_AMOUNT;
    skip_space(&text);
    if (!before && *text == '\0') return MONEY_NO_CURRENCY;
    if (!before && !take_currency(&text, currency))
        return g_ascii_isdigit(*text) || strchr(".,", *text) ? MONEY_NO_AMOUNT : MONEY_UNKNOWN_CURRENCY;
    skip_space(&text);
    if (*text) return MONEY_NO_AMOUNT;
    const int has = money_decimals(currency);
    if (has < 0) return MONEY_UNKNOWN_CURRENCY;
    if (decimals > has) return MONEY_TOO_FINE;
    for (; decimals < has; decimals++) value *= 10;
    *ret_minor = value;
    return MONEY_GOOD;
}
