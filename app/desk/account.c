#include "desk/account.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/refusal.h"

#define METHOD   "$y$"
#define FILE_MAX (256 * 1024)
/* Of no password: what is compared when the name is not known. */
#define NOBODY "$y$j9T$0000000000000000000000$0000000000000000000000000000000000000000000."

static const char *const roles[] = {"none", "viewer", "operator", "admin"};

G_DEFINE_QUARK(livebooth - account, account_error)

const char *role_name(Role role)
{
    return roles[role];
}

Role role_from_name(const char *name)
{
    for (Role role = ROLE_VIEWER; role <= ROLE_ADMIN; role++) {
        if (strcmp(roles[role], name) == 0) return role;
    }
    return ROLE_NONE;
}

gboolean account_is_name(const char *name)
{
    gsize length = strlen(name);
    return length > 0 && length <= ACCOUNT_NAME_MAX && g_ascii_isalnum(name[0]) &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == length;
}

#define refuse(error, ...) refusal_set(error, ACCOUNT_ERROR, __VA_ARGS__)

/* The lines of the file; none when there is no file. NULL with a sentence when it cannot be read. */
static char **read_lines(const char *path, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autofree char *text = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &text, &length, &cause)) {
        if (g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT)) return g_new0(char *, 1);
        refuse(error, "the accounts cannot be read: %s", cause->message);
        return NULL;
    }
    if (length <= FILE_MAX) return g_strsplit(text, "\n", -1);
    refuse(error, "%s is too large for a file of accounts", path);
    return NULL;
}

static gboolean is_of(const char *line, const char *name)
{
    gsize length = strlen(name);
    return strncmp(line, name, length) == 0 && line[length] == ':';
}

/* The account's line split, to g_strfreev(); NULL: none, or one that makes no sense. */
static char **find_account(const char *path, const char *name)
{
    g_auto(GStrv) lines = read_lines(path, NULL);
    for (char **line = lines; line && *line; line++) {
        if (!is_of(*line, name)) continue;
        char **fields = g_strsplit(*line, ":", 3);
        if (g_strv_length(fields) == 3 && role_from_name(fields[1]) != ROLE_NONE) return fields;
        g_strfreev(fields);
    }
    return NULL;
}

static void stamp_of(char **fields, char stamp[ACCOUNT_STAMP])
{
    g_autofree char *all = g_strjoinv(":", fields);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);
    g_strlcpy(stamp, digest, ACCOUNT_STAMP);
}

Role account_find(const char *path, const char *name, char stamp[ACCOUNT_STAMP])
{
    stamp[0] = '\0';
    g_auto(GStrv) fields = account_is_name(name) ? find_account(path, name) : NULL;
    if (!fields) return ROLE_NONE;
    stamp_of(fields, stamp);
    return role_from_name(fields[1]);
}

Role account_check(const char *path, const char *name, const char *password, char stamp[ACCOUNT_STAMP])
{
    stamp[0] = '\0';
    g_auto(GStrv) fields = account_is_name(name) ? find_account(path, name) : NULL;
    const char *hash = fields ? fields[2] : NOBODY;
    struct crypt_data *work = g_new0(struct crypt_data, 1);
    const char *computed = strlen(password) <= ACCOUNT_PASSWORD_MAX ? crypt_r(password, hash, work) : NULL;
    gsize length = strlen(hash);
    gboolean right = fields && computed && computed[0] != '*' && strlen(computed) == length && CRYPTO_memcmp(computed, hash, length) == 0;
    OPENSSL_cleanse(work, sizeof *work);
    g_free(work);
    if (!right) return ROLE_NONE;
    stamp_of(fields, stamp);
    return role_from_name(fields[1]);
}

/* --- changing the file -------------------------------------------------------------------------------------------------------------- */

static char *hash_password(const char *password, GError **error)
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    struct crypt_data *work = g_new0(struct crypt_data, 1);
    const char *hash = crypt_gensalt_rn(METHOD, 0, NULL, 0, setting, sizeof setting) ? crypt_r(password, setting, work) : NULL;
    char *kept = hash && hash[0] != '*' ? g_strdup(hash) : NULL;
    if (!kept) refuse(error, "the password cannot be hashed: %s", g_strerror(errno));
    OPENSSL_cleanse(work, sizeof *work);
    g_free(work);
    return kept;
}

/* Replaces the account's line; NULL line: removes it. Two at a time wait for each other. */
static gboolean write_line(const char *path, const char *name, const char *line, GError **error)
{
    g_autofree char *lock_path = g_strconcat(path, ".lock", NULL);
    int lock = open(lock_path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) {
        if (lock >= 0) close(lock);
        return refuse(error, "the accounts cannot be changed: %s: %s", lock_path, g_strerror(errno));
    }
    g_auto(GStrv) lines = read_lines(path, error);
    g_autoptr(GString) text = g_string_new(NULL);
    gboolean there = FALSE;
    for (char **old = lines; old && *old; old++) {
        there = there || is_of(*old, name);
        if (**old && !is_of(*old, name)) g_string_append_printf(text, "%s\n", *old);
    }
    if (line) g_string_append_printf(text, "%s\n", line);
    gboolean well = lines && (line || there || refuse(error, "there is no account %s", name)) &&
                    g_file_set_contents_full(path, text->str, (gssize)text->len, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
    close(lock);
    return well;
}

gboolean account_set(const char *path, const char *name, Role role, const char *password, GError **error)
{
    if (!account_is_name(name)) return refuse(error, "\"%s\" is no name for an account: 1 to 32 of a-z, 0-9, . _ and -", name);
    if (role == ROLE_NONE) return refuse(error, "a role is viewer, operator or admin");
    gsize length = strlen(password);
    if (length < ACCOUNT_PASSWORD_MIN || length > ACCOUNT_PASSWORD_MAX || !g_utf8_validate(password, -1, NULL))
        return refuse(error, "a password has %d to %d bytes", ACCOUNT_PASSWORD_MIN, ACCOUNT_PASSWORD_MAX);
    g_autofree char *hash = hash_password(password, error);
    if (!hash) return FALSE;
    g_autofree char *line = g_strdup_printf("%s:%s:%s", name, role_name(role), hash);
    return write_line(path, name, line, error);
}

gboolean account_remove(const char *path, const char *name, GError **error)
{
    if (!account_is_name(name)) return refuse(error, "\"%s\" is no name for an account", name);
    return write_line(path, name, NULL, error);
}

char *account_list(const char *path, GError **error)
{
    g_auto(GStrv) lines = read_lines(path, error);
    if (!lines) return NULL;
    GString *text = g_string_new(NULL);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, ":", 3);
        if (g_strv_length(fields) == 3) g_string_append_printf(text, "%s %s\n", fields[0], fields[1]);
    }
    return g_string_free(text, FALSE);
}
