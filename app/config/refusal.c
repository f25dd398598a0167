#include "config/refusal.h"

gboolean refusal_set(GError **error, GQuark domain, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_propagate_error(error, g_error_new_valist(domain, 0, format, args));
    va_end(args);
    return FALSE;
}
