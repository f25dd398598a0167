#include "desk/account_command.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "desk/account.h"

static gboolean refuse(GError **error, const char *why)
{
    g_set_error_literal(error, ACCOUNT_ERROR, 0, why);
    return FALSE;
}

/* One line of the standard input without its end, unseen on a terminal; FALSE: there is none, or it is too long. */
static gboolean read_line(const char *prompt, char line[ACCOUNT_PASSWORD_MAX + 2])
{
    struct termios before;
    gboolean terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        struct termios silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        fputs(prompt, stderr);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    gboolean read = fgets(line, ACCOUNT_PASSWORD_MAX + 2, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    gsize length = read ? strcspn(line, "\n") : 0;
    gboolean whole = read && (line[length] == '\n' || feof(stdin));
    if (read) line[length] = '\0';
    return whole;
}

static gboolean read_password(char password[ACCOUNT_PASSWORD_MAX + 2], GError **error)
{
    char again[ACCOUNT_PASSWORD_MAX + 2] = "";
    if (!read_line("Password: ", password))
        return refuse(error, "a password is one line of " G_STRINGIFY(ACCOUNT_PASSWORD_MAX) " bytes at most");
    if (!isatty(STDIN_FILENO)) return TRUE;
    gboolean same = read_line("The same again: ", again) && strcmp(password, again) == 0;
    OPENSSL_cleanse(again, sizeof again);
    return same || refuse(error, "the two passwords differ");
}

static gboolean add(const char *path, const char *name, const char *role, GError **error)
{
    char password[ACCOUNT_PASSWORD_MAX + 2] = "";
    Role wanted = role ? role_from_name(role) : ROLE_NONE;
    if (!account_is_name(name)) return refuse(error, "the name of an account is 1 to 32 of a-z, 0-9, . _ and -");
    if (wanted == ROLE_NONE) return refuse(error, "--role is viewer, operator or admin");
    gboolean well = read_password(password, error) && account_set(path, name, wanted, password, error);
    OPENSSL_cleanse(password, sizeof password);
    return well;
}

gboolean account_command(const Config *config, const char *const *words, const char *role, GError **error)
{
    const char *path = config_string(config, "ops", "accounts");
    guint count = g_strv_length((char **)words);
    if (!path[0]) return refuse(error, "[ops] accounts is not set in desk.conf: it names the file of accounts");
    if (count == 2 && strcmp(words[0], "add") == 0) return add(path, words[1], role, error);
    if (count == 2 && strcmp(words[0], "remove") == 0) return account_remove(path, words[1], error);
    if (count == 1 && strcmp(words[0], "list") == 0) {
        g_autofree char *list = account_list(path, error);
        if (list) fputs(list, stdout);
        return list != NULL;
    }
    return refuse(error, "account add NAME --role ROLE, account remove NAME, or account list");
}
