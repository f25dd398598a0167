/* storage_probe: whether the state folder can be written, asked every second from a thread of its own, so that a disk that hangs holds up
 * nobody.
 *
 * A block is written over each time; every STORAGE_PROBE_SYNC times it is allotted anew and synchronized to the disk: often enough to find
 * a full disk and errors that the kernel met later, seldom enough to spare a memory card. Main context; told() comes from it. */
#pragma once

#include <glib.h>

#define STORAGE_PROBE_MS       1000
#define STORAGE_PROBE_SYNC     30
#define STORAGE_PROBE_LIMIT_MS 2000 /* no answer for so long: the disk hangs */
#define STORAGE_PROBE_FILE     "storage-probe"

typedef enum { STORAGE_UNKNOWN, STORAGE_FINE, STORAGE_FULL, STORAGE_FAILING } StorageState;

typedef struct StorageProbe StorageProbe;

StorageProbe *storage_probe_new(const char *folder, void (*told)(void *data, StorageState state), void *data);
void storage_probe_free(StorageProbe *probe); /* NULL is fine; does not wait for a disk that hangs */
