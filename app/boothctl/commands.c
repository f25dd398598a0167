#include "boothctl/commands.h"

#include <stdio.h>

int commands_usage(const char *line)
{
    fprintf(stderr, "usage: boothctl [--config FILE] %s\n", line);
    return 2;
}
