/* money: amounts as a feed writes them, in the smallest unit of an ISO 4217 currency. Pure functions: any thread. */
#pragma once

#include <glib.h>

typedef enum {
    MONEY_GOOD,
    MONEY_NO_AMOUNT,        /* no number such as 1299.00 */
    MONEY_NO_CURRENCY,      /* an amount alone */
    MONEY_UNKNOWN_CURRENCY, /* not in ISO 4217 */
    MONEY_TOO_FINE,         /* more decimals than the currency has */
} MoneyVerdict;

/* Reads "1299.00 NOK" or "NOK 1299.00"; a comma may stand for the point, nothing stands between thousands. ret_minor: the amount in the
 * smallest unit (øre, cent). currency: three letters and NUL. */
MoneyVerdict money_read(const char *text, gint64 *ret_minor, char currency[4]);

/* Decimals of a currency: 2 for most; -1 when ISO 4217 does not know it. */
int money_decimals(const char *currency);
