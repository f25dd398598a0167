#include "catalogue/product_type.h"

#include <string.h>

char **product_type_levels(const char *type)
{
    char **levels = g_strsplit(type, ">", PRODUCT_TYPE_LEVELS);
    for (char **level = levels; *level; level++) {
        char *lower = g_utf8_strdown(g_strstrip(*level), -1);
        g_free(*level);
        *level = lower;
    }
    return levels;
}

int product_type_accessory_level(const char *const *levels)
{
    static const char *const words[] = {"accessor", "tilbehør", "tillbehör", "tarvik", "lisävarus", "varusteet"};
    for (int i = 0; levels[i]; i++) {
        for (guint word = 0; word < G_N_ELEMENTS(words); word++) {
            if (strstr(levels[i], words[word])) return i;
        }
    }
    return -1;
}
