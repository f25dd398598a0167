#include "studio/scanner.h"

#include "catalogue/gtin.h"

gboolean scanner_waits(const Scanner *scanner, gint64 time)
{
    return scanner->count > 0 && time - scanner->last <= SCANNER_GAP_MS;
}

gboolean scanner_take(Scanner *scanner, char key, gint64 time)
{
    if (!scanner_waits(scanner, time)) scanner->count = 0;
    scanner->last = time;
    if (g_ascii_isdigit(key)) {
        if (scanner->count < SCANNER_DIGITS_MAX) scanner->digits[scanner->count] = key;
        scanner->count++;
        return FALSE;
    }
    guint count = scanner->count;
    scanner->count = 0;
    if (key != SCANNER_ENTER || count > SCANNER_DIGITS_MAX) return FALSE;
    scanner->digits[count] = '\0';
    return gtin_read(scanner->digits, NULL);
}
