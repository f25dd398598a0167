/* provision: booth.txt becomes what the system runs on. Runs as root before agent and studio, at every boot. */
#include "boothctl/commands.h"
#include "config/config.h"
#include "provision/provision.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define FILE_MAX   65536 /* of booth.txt and of a certificate */
#define AGENT_USER "livebooth"

typedef struct {
    char *boot, *setup, *state, *run; /* folders: the card's FAT, what is kept, the agent's, what ends with the boot */
    char *root;                       /* before every path, for tests */
} Places;

static const char *const credentials[] = {"authority.crt", "booth.crt", "booth.key"};

static gboolean read_bounded(const char *path, char **text, GError **error)
{
    GStatBuf about;
    if (g_stat(path, &about) == 0 && about.st_size > FILE_MAX) {
        g_autofree char *name = g_path_get_basename(path);
        g_set_error(error, CONFIG_ERROR, 0, "%s is larger than %d bytes", name, FILE_MAX);
        return FALSE;
    }
    gsize length = 0;
    if (!g_file_get_contents(path, text, &length, error)) return FALSE;
    if (strlen(*text) == length) return TRUE;
    g_autofree char *name = g_path_get_basename(path);
    const gboolean wide = memcmp(*text, "\xff\xfe", 2) == 0 || memcmp(*text, "\xfe\xff", 2) == 0; /* a zero byte is behind them */
    g_set_error(error, CONFIG_ERROR, 0, "%s, line 1: this is %s; it must be saved as UTF-8 text", name,
                wide ? "UTF-16 (some editors say \"Unicode\")" : "no text");
    return FALSE;
}

/* Whole or not at all, on the card before this returns. text NULL: the file goes. */
static gboolean put(const char *root, const char *path, const char *text, int mode, GError **error)
{
    g_autofree char *full = g_build_filename(root, path, NULL);
    g_autofree char *folder = g_path_get_dirname(full);
    if (!text) {
        g_unlink(full);
        return TRUE;
    }
    if (g_mkdir_with_parents(folder, mode & 044 ? 0755 : 0700) != 0) {
        g_set_error(error, CONFIG_ERROR, 0, "%s cannot be made: %s", folder, g_strerror(errno));
        return FALSE;
    }
    return g_file_set_contents_full(full, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, mode, error);
}

static void own_by_agent(const char *path)
{
    const struct passwd *agent = geteuid() == 0 ? getpwnam(AGENT_USER) : NULL;
    if (agent && chown(path, agent->pw_uid, agent->pw_gid) != 0) g_warning("%s cannot be given to the agent: %s", path, g_strerror(errno));
}

/* Writes over what lies there, in place: on FAT the same sectors. text must have the file's length. */
static gboolean overwrite(const char *path, const char *text, gsize length, GError **error)
{
    int file = g_open(path, O_WRONLY | O_CLOEXEC, 0);
    gboolean done = file >= 0 && write(file, text, length) == (ssize_t)length && fsync(file) == 0;
    if (!done) g_set_error(error, CONFIG_ERROR, 0, "%s cannot be overwritten: %s", path, g_strerror(errno));
    if (file >= 0) close(file);
    return done;
}

static gboolean open_card(const Places *places, gboolean writable)
{
    if (*places->root) return TRUE; /* a test's folder is no mount */
    unsigned long flags = MS_REMOUNT | MS_NODEV | MS_NOSUID | MS_NOEXEC | (writable ? 0 : MS_RDONLY);
    if (mount(NULL, places->boot, NULL, flags, "umask=0077") == 0) return TRUE;
    g_warning("%s cannot be mounted %s: %s", places->boot, writable ? "for writing" : "read-only again", g_strerror(errno));
    return FALSE;
}

/* Certificates and the key that IT put beside booth.txt move to the agent; all three or none. */
static gboolean take_credentials(const Places *places, gboolean *taken, GError **error)
{
    char *texts[G_N_ELEMENTS(credentials)] = {0};
    gboolean done = TRUE;
    *taken = FALSE;
    for (guint i = 0; done && i < G_N_ELEMENTS(credentials); i++) {
        g_autofree char *path = g_build_filename(places->boot, credentials[i], NULL);
        if (!g_file_test(path, G_FILE_TEST_EXISTS)) break;
        done = read_bounded(path, &texts[i], error);
        *taken = done && i == G_N_ELEMENTS(credentials) - 1;
    }
    for (guint i = 0; *taken && done && i < G_N_ELEMENTS(credentials); i++) {
        g_autofree char *path = g_build_filename(places->state, "tls", credentials[i], NULL);
        done = put("", path, texts[i], 0600, error);
        own_by_agent(path);
    }
    g_autofree char *folder = g_build_filename(places->state, "tls", NULL);
    if (*taken) own_by_agent(folder);
    for (guint i = 0; i < G_N_ELEMENTS(credentials); i++) g_free(texts[i]);
    return done;
}

static void wipe(const char *path)
{
    g_autofree char *text = NULL;
    if (!read_bounded(path, &text, NULL)) return;
    gsize length = strlen(text);
    memset(text, ' ', length);
    g_autoptr(GError) error = NULL;
    if (!overwrite(path, text, length, &error) || g_unlink(path) != 0)
        g_warning("%s stays on the card: %s", path, error ? error->message : "");
}

static void clean_card(const Places *places, const char *path, const char *text, gboolean credentials_taken)
{
    g_autofree char *scrubbed = provision_scrub(text);
    if (!scrubbed && !credentials_taken) return;
    if (!open_card(places, TRUE)) return;
    g_autoptr(GError) error = NULL;
    if (scrubbed && !overwrite(path, scrubbed, strlen(scrubbed), &error)) g_warning("the secrets stay on the card: %s", error->message);
    for (guint i = 0; credentials_taken && i < G_N_ELEMENTS(credentials); i++) {
        g_autofree char *name = g_build_filename(places->boot, credentials[i], NULL);
        wipe(name);
    }
    open_card(places, FALSE);
}

/* iwd's name for a network's file: the name itself where it is plain, else = and its bytes in hexadecimal. */
static char *wireless_file(const char *name, gboolean has_password)
{
    GString *file = g_string_new("/var/lib/iwd/");
    gboolean is_plain = TRUE;
    for (const char *at = name; *at; at++) is_plain = is_plain && (g_ascii_isalnum(*at) || strchr(" _-", *at));
    if (!is_plain) g_string_append_c(file, '=');
    for (const char *at = name; *at; at++) g_string_append_printf(file, is_plain ? "%c" : "%02x", is_plain ? *at : (guchar)*at);
    g_string_append(file, has_password ? ".psk" : ".open");
    return g_string_free(file, FALSE);
}

static gboolean tell_system(const Places *places, const Provision *provision, GError **error)
{
    g_autofree char *tls = g_build_filename(places->state, "tls", NULL);
    g_autofree char *mistakes = g_build_filename(places->run, "provision.error", NULL);
    const ProvisionPlaces where = {places->state, "/usr/share/livebooth", tls, mistakes};
    g_autofree char *conf = provision_booth_conf(provision, &where), *network = provision_network(provision),
                    *time = provision_time(provision);
    g_autofree char *keys = provision_ssh_keys(provision), *wireless = provision_wireless(provision);
    g_autofree char *conf_path = g_build_filename(places->run, "booth.conf", NULL);
    g_autofree char *ssh_rule = g_build_filename(places->run, "nftables", "ssh.nft", NULL);
    if (!put("", conf_path, conf, 0644, error) || !put(places->root, "/run/systemd/network/10-booth.network", network, 0644, error) ||
        !put(places->root, "/run/systemd/timesyncd.conf.d/booth.conf", time, 0644, error) ||
        !put(places->root, "/var/lib/ssh/authorized_keys", keys, 0600, error) ||
        !put("", ssh_rule, keys ? "add rule inet booth provisioned tcp dport 22 ct state new limit rate 10/minute accept\n" : NULL, 0644,
             error))
        return FALSE;
    g_autofree char *wireless_path = wireless ? wireless_file(provision_wireless_name(provision), *wireless != '\0') : NULL;
    if (wireless && !put(places->root, wireless_path, wireless, 0600, error)) return FALSE;
    const char *name = provision_booth(provision);
    if (!*places->root && sethostname(name, strlen(name)) != 0) g_warning("the host name cannot be set: %s", g_strerror(errno));
    return TRUE;
}

/* What is on the card, when it is right, becomes what is kept; secrets that were taken over before are as they were. */
static gboolean take_over(const Places *places, const char *kept_path, GError **error)
{
    g_autofree char *path = g_build_filename(places->boot, "booth.txt", NULL), *text = NULL, *kept = NULL, *whole = NULL;
    g_autofree char *candidate = g_strconcat(kept_path, ".new", NULL);
    gboolean taken = FALSE;
    if (!read_bounded(path, &text, error)) return FALSE;
    if (!g_file_get_contents(kept_path, &kept, NULL, NULL)) kept = g_strdup("");
    whole = provision_restore(text, kept);
    if (!put("", candidate, whole, 0600, error)) return FALSE;
    g_autoptr(Provision) provision = provision_read(candidate, "booth.txt", error);
    if (!provision || !take_credentials(places, &taken, error)) {
        g_unlink(candidate);
        return FALSE;
    }
    if (g_rename(candidate, kept_path) != 0) {
        g_set_error(error, CONFIG_ERROR, 0, "%s cannot be written: %s", kept_path, g_strerror(errno));
        return FALSE;
    }
    clean_card(places, path, text, taken);
    return TRUE;
}

/* The token goes to the agent, with what it knows the desk by, and is not kept here; then it has to be got rid of in one place only. */
static gboolean hand_over(const Places *places, const Provision *provision, const char *kept_path, GError **error)
{
    g_autofree char *token = provision_token(provision), *authority = provision_authority(provision), *kept = NULL;
    g_autofree char *folder = g_build_filename(places->state, "tls", NULL), *token_path = g_build_filename(folder, "token", NULL);
    g_autofree char *authority_path = g_build_filename(folder, credentials[0], NULL);
    if (!token) return TRUE;
    if (!authority && !g_file_test(authority_path, G_FILE_TEST_EXISTS)) {
        g_set_error(error, CONFIG_ERROR, 0,
                    "booth.txt: [enrolment] token needs an authority beside it, the certificate that the desk's comes from");
        return FALSE;
    }
    if ((authority && !put("", authority_path, authority, 0600, error)) || !put("", token_path, token, 0600, error)) return FALSE;
    own_by_agent(folder);
    own_by_agent(authority_path);
    own_by_agent(token_path);
    if (!g_file_get_contents(kept_path, &kept, NULL, error)) return FALSE;
    g_autofree char *without = provision_forget_token(kept);
    return !without || put("", kept_path, without, 0600, error);
}

/* On the screen too, where IT looks when no studio runs yet. */
static void complain(const Places *places, const char *message)
{
    g_autofree char *path = g_build_filename(places->run, "provision.error", NULL), *line = g_strconcat(message, "\n", NULL);
    put("", path, line, 0644, NULL);
    fprintf(stderr, "boothctl: %s\n", message);
    FILE *screen = *places->root ? NULL : fopen("/dev/tty1", "w");
    if (!screen) return;
    fprintf(screen,
            "\033[2J\033[H\n\n  This booth cannot start as booth.txt says:\n\n    %s\n\n  Put the card into a computer, correct that line "
            "and start again.\n",
            message);
    fclose(screen);
}

static int provision_all(const Places *places)
{
    g_autofree char *kept_path = g_build_filename(places->setup, "booth.txt", NULL);
    g_autoptr(GError) error = NULL, no_use = NULL;
    put(places->run, "provision.error", NULL, 0644, NULL); /* of the run before */
    if (g_mkdir_with_parents(places->setup, 0700) != 0 || !take_over(places, kept_path, &error))
        complain(places, error ? error->message : "what was set up cannot be kept: the data partition cannot be written");
    g_autoptr(Provision) provision = provision_read(kept_path, "booth.txt", &no_use);
    if (provision && hand_over(places, provision, kept_path, &no_use) && tell_system(places, provision, &no_use)) return 0;
    if (!error) complain(places, no_use->message);
    return 1;
}

int command_provision(const char *config, int argc, char **argv)
{
    (void)config;
    if (argc > 2) return commands_usage("provision [ROOT]");
    const char *root = argc == 2 ? argv[1] : "";
    Places places = {g_build_filename(root, "/boot/firmware", NULL), g_build_filename(root, "/var/lib/booth-setup", NULL),
                     g_build_filename(root, "/var/lib/livebooth", NULL), g_build_filename(root, "/run/livebooth", NULL), g_strdup(root)};
    int status = provision_all(&places);
    g_free(places.boot);
    g_free(places.setup);
    g_free(places.state);
    g_free(places.run);
    g_free(places.root);
    return status;
}
