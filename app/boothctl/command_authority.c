#include "authority/authority.h"
#include "boothctl/commands.h"

#include <stdio.h>
#include <string.h>

static const char usage[] = "authority init FOLDER | desk FOLDER HOST... | booth FOLDER BOOTH";

typedef struct {
    char *certificate, *key;
    gint64 from, to;
} Issue;

/* Beside the authority, named after who it is for. From an hour ago, for clocks that differ. */
static Issue plan(const char *folder, const char *name)
{
    g_autofree char *certificate = g_strconcat(name, ".crt", NULL);
    g_autofree char *key = g_strconcat(name, ".key", NULL);
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    return (Issue){g_build_filename(folder, certificate, NULL), g_build_filename(folder, key, NULL), now - 3600,
                   now + (gint64)AUTHORITY_ISSUED_DAYS * 24 * 3600};
}

static void issue_clear(Issue *issue)
{
    g_free(issue->certificate);
    g_free(issue->key);
}

/* One that is there already is kept. */
static gboolean make(const char *folder, GError **error)
{
    g_autofree char *certificate = g_build_filename(folder, AUTHORITY_CERTIFICATE, NULL);
    g_autofree char *key = g_build_filename(folder, AUTHORITY_KEY, NULL);
    if (g_file_test(certificate, G_FILE_TEST_EXISTS) && g_file_test(key, G_FILE_TEST_EXISTS)) return TRUE;
    return authority_create(folder, error);
}

int command_authority(const char *config, int argc, char **argv)
{
    (void)config;
    g_autoptr(GError) error = NULL;
    gboolean done;
    if (argc == 3 && strcmp(argv[1], "init") == 0) {
        done = make(argv[2], &error);
    } else if (argc >= 4 && strcmp(argv[1], "desk") == 0) {
        Issue issue = plan(argv[2], "desk");
        done = authority_issue_desk(argv[2], (const char *const *)argv + 3, issue.certificate, issue.key, issue.from, issue.to, &error);
        issue_clear(&issue);
    } else if (argc == 4 && strcmp(argv[1], "booth") == 0) {
        Issue issue = plan(argv[2], argv[3]);
        done = authority_issue_booth(argv[2], argv[3], issue.certificate, issue.key, issue.from, issue.to, &error);
        issue_clear(&issue);
    } else {
        return commands_usage(usage);
    }
    if (!done) fprintf(stderr, "boothctl: %s\n", error->message);
    return done ? 0 : 1;
}
