#include "boothctl/commands.h"
#include "boothctl/control.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void print_call(const json_t *call)
{
    if (!json_is_object(call)) return;
    printf("call     %s, %s in %s, media %s %s%s\n", text_of(call, "id"), text_of(call, "topic"), text_of(call, "lang"),
           text_of(call, "media"), text_of(call, "codec"),
           json_is_false(json_object_get(call, "shopper_present")) ? ", the shopper is away" : "");
    if (*text_of(call, "product_title")) printf("product  %s\n", text_of(call, "product_title"));
}

static void print_problems(const json_t *problems)
{
    for (size_t i = 0; i < json_array_size(problems); i++) {
        const json_t *problem = json_array_get(problems, i);
        printf("problem  %s (%s)\n", text_of(problem, "name"), text_of(problem, "severity"));
    }
}

static void print_queue(const json_t *queue)
{
    const json_t *service = json_object_get(queue, "service");
    json_int_t n = json_integer_value(json_object_get(service, "n")), good = json_integer_value(json_object_get(service, "good"));
    printf("queue    %" JSON_INTEGER_FORMAT " waiting", json_integer_value(json_object_get(queue, "waiting")));
    if (n > 0)
        printf("; in the last hour %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " answered within %" JSON_INTEGER_FORMAT " s", good,
               n, json_integer_value(json_object_get(service, "within_ms")) / 1000);
    printf("%s\n", json_is_true(json_object_get(queue, "alert")) ? "; somebody waits too long" : "");
}

static void print_checks(const json_t *checks)
{
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i);
        const char *problem = text_of(check, "problem");
        if (*problem) printf("check    %s is bad: %s\n", text_of(check, "name"), problem);
    }
}

static void print_status(const json_t *snapshot)
{
    const json_t *link = json_object_get(snapshot, "link");
    const json_t *records = json_object_get(snapshot, "records");
    const char *reason = text_of(snapshot, "pause_reason");
    printf("booth    %s %s\n", text_of(snapshot, "booth"), text_of(snapshot, "name"));
    printf("state    %s%s%s%s\n", text_of(snapshot, "state"), *reason ? " (" : "", reason, *reason ? ")" : "");
    printf("desk     %s %s%s%s\n", json_is_true(json_object_get(link, "up")) ? "linked" : "not linked", text_of(link, "address"),
           *text_of(link, "why") ? ": " : "", text_of(link, "why"));
    printf("studio   %s\n", json_is_true(json_object_get(json_object_get(snapshot, "studio"), "up")) ? "running" : "not running");
    print_queue(json_object_get(snapshot, "queue"));
    printf("camera   %s%s\n", text_of(snapshot, "camera"), json_is_true(json_object_get(snapshot, "muted")) ? ", muted" : "");
    print_call(json_object_get(snapshot, "call"));
    printf("records  %" JSON_INTEGER_FORMAT ", %" JSON_INTEGER_FORMAT " not at the centre yet\n",
           json_integer_value(json_object_get(records, "stored")), json_integer_value(json_object_get(records, "waiting")));
    print_checks(json_object_get(snapshot, "checks"));
    print_problems(json_object_get(snapshot, "problems"));
}

static int show(const Control *control, gboolean as_json)
{
    const char *text = bus_agent1_get_snapshot(control->agent);
    json_t *snapshot = text ? json_loads(text, 0, NULL) : NULL;
    if (!snapshot) {
        fputs("boothctl: the agent has no snapshot\n", stderr);
        return 1;
    }
    if (as_json)
        puts(text);
    else
        print_status(snapshot);
    json_decref(snapshot);
    return 0;
}

int command_status(const char *config, int argc, char **argv)
{
    gboolean as_json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !as_json) return commands_usage("status [--json]");
    Control control;
    int status = control_open_agent(&control, config) ? show(&control, as_json) : 1;
    control_close(&control);
    return status;
}

/* --- wait --------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    GMainLoop *loop;
    BusAgent1 *agent;
    const char *state;
    int status;
} Wait;

static gboolean is_reached(const Wait *wait)
{
    const char *text = bus_agent1_get_snapshot(wait->agent);
    json_t *snapshot = text ? json_loads(text, 0, NULL) : NULL;
    gboolean reached = strcmp(text_of(snapshot, "state"), wait->state) == 0;
    json_decref(snapshot);
    return reached;
}

static void on_snapshot(GObject *object, GParamSpec *spec, gpointer data)
{
    (void)object;
    (void)spec;
    Wait *wait = data;
    if (!is_reached(wait)) return;
    wait->status = 0;
    g_main_loop_quit(wait->loop);
}

static gboolean on_time(gpointer data)
{
    Wait *wait = data;
    g_main_loop_quit(wait->loop);
    return G_SOURCE_CONTINUE;
}

static int wait_for(const Control *control, const char *state, guint seconds)
{
    Wait wait = {g_main_loop_new(NULL, FALSE), control->agent, state, 1};
    gulong handler = g_signal_connect(control->agent, "notify::snapshot", G_CALLBACK(on_snapshot), &wait);
    guint limit = g_timeout_add_seconds(seconds, on_time, &wait);
    if (is_reached(&wait))
        wait.status = 0;
    else
        g_main_loop_run(wait.loop);
    g_source_remove(limit);
    g_signal_handler_disconnect(control->agent, handler);
    g_main_loop_unref(wait.loop);
    if (wait.status != 0) fprintf(stderr, "boothctl: the booth was not %s within %u s\n", state, seconds);
    return wait.status;
}

int command_wait(const char *config, int argc, char **argv)
{
    static const char usage[] = "wait starting|paused|ready|ringing|connecting|live|wrapup [--timeout SECONDS]";
    static const char *const states[] = {"starting", "paused", "ready", "ringing", "connecting", "live", "wrapup", NULL};
    guint64 seconds = 30;
    gboolean timed = argc == 4 && strcmp(argv[2], "--timeout") == 0 && g_ascii_string_to_unsigned(argv[3], 10, 1, 86400, &seconds, NULL);
    if ((argc != 2 && !timed) || !g_strv_contains(states, argv[1])) return commands_usage(usage);
    Control control;
    int status = control_open_agent(&control, config) ? wait_for(&control, argv[1], (guint)seconds) : 1;
    control_close(&control);
    return status;
}
