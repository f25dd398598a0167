/* patience: how long a test waits for an event that has to come. It is no bar: what is slow is slow, and measured by `make bench`. */
#pragma once

#define PATIENCE_MS 30000
#define PATIENCE_S  (PATIENCE_MS / 1000)
#define PATIENCE_US ((gint64)PATIENCE_MS * 1000)
