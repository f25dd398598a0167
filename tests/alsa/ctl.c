/* A sound card's mixer without a sound card: a control plugin of alsa-lib, for test_alsa_switch. Its controls are those that the definition
 * names; all handles that the process opens share their values, and each change is an event for the others. */
#include <alsa/asoundlib.h>
#include <alsa/control_external.h>
#include <stdint.h>
#include <sys/eventfd.h>

#define CONTROLS_MAX   8
#define HANDLES_MAX    8
#define VOLUME_MAX     100
#define NAME_MAX_BYTES 64

typedef struct {
    snd_ctl_ext_t ext;
    char controls[CONTROLS_MAX][NAME_MAX_BYTES]; /* full names, such as "Mic Capture Switch" */
    unsigned count, waiting;                     /* waiting: a bit for each control that changed */
} Handle;

static Handle *handles[HANDLES_MAX];
static struct {
    char name[NAME_MAX_BYTES];
    long value;
} values[HANDLES_MAX * CONTROLS_MAX];

/* -12 dB and 0.5 dB a step: the lowest is heard. */
static const unsigned audible[] = {SND_CTL_TLVT_DB_SCALE, 2 * sizeof(unsigned), (unsigned)-1200, 50};

static long *value_of(const char *name)
{
    size_t i = 0;
    while (values[i].name[0] && strcmp(values[i].name, name) != 0) i++;
    if (!values[i].name[0]) {
        snprintf(values[i].name, sizeof values[i].name, "%s", name);
        values[i].value = strstr(name, "Volume") ? VOLUME_MAX : 1;
    }
    return &values[i].value;
}

static int count_controls(snd_ctl_ext_t *ext)
{
    return (int)((Handle *)ext->private_data)->count;
}

static int tell_id(snd_ctl_ext_t *ext, unsigned offset, snd_ctl_elem_id_t *id)
{
    snd_ctl_elem_id_set_interface(id, SND_CTL_ELEM_IFACE_MIXER);
    snd_ctl_elem_id_set_name(id, ((Handle *)ext->private_data)->controls[offset]);
    return 0;
}

static snd_ctl_ext_key_t find_control(snd_ctl_ext_t *ext, const snd_ctl_elem_id_t *id)
{
    const Handle *handle = ext->private_data;
    for (unsigned i = 0; i < handle->count; i++) {
        if (strcmp(handle->controls[i], snd_ctl_elem_id_get_name(id)) == 0) return i;
    }
    return SND_CTL_EXT_KEY_NOT_FOUND;
}

static int is_volume(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key)
{
    return strstr(((Handle *)ext->private_data)->controls[key], "Volume") != NULL;
}

static int tell_kind(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, int *type, unsigned *access, unsigned *count)
{
    *type = is_volume(ext, key) ? SND_CTL_ELEM_TYPE_INTEGER : SND_CTL_ELEM_TYPE_BOOLEAN;
    *access = SND_CTL_EXT_ACCESS_READWRITE;
    if (is_volume(ext, key) && ext->tlv.p) *access |= SND_CTL_EXT_ACCESS_TLV_READ;
    *count = 2;
    return 0;
}

static int tell_range(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, long *least, long *most, long *step)
{
    (void)ext;
    (void)key;
    *least = *step = 0;
    *most = VOLUME_MAX;
    return 0;
}

static int read_value(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, long *value)
{
    value[0] = value[1] = *value_of(((Handle *)ext->private_data)->controls[key]);
    return 0;
}

static int write_value(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, long *value)
{
    const char *name = ((Handle *)ext->private_data)->controls[key];
    *value_of(name) = value[0];
    for (unsigned i = 0; i < HANDLES_MAX; i++) {
        for (unsigned k = 0; handles[i] && k < handles[i]->count; k++) {
            if (strcmp(handles[i]->controls[k], name) != 0) continue;
            handles[i]->waiting |= 1u << k;
            eventfd_write(handles[i]->ext.poll_fd, 1);
        }
    }
    return 1;
}

static int next_event(snd_ctl_ext_t *ext, snd_ctl_elem_id_t *id, unsigned *mask)
{
    Handle *handle = ext->private_data;
    for (unsigned i = 0; i < handle->count; i++) {
        if (!(handle->waiting & 1u << i)) continue;
        handle->waiting &= ~(1u << i);
        tell_id(ext, i, id);
        *mask = SND_CTL_EVENT_MASK_VALUE;
        return 1;
    }
    eventfd_t taken;
    eventfd_read(ext->poll_fd, &taken);
    return -EAGAIN;
}

static void close_handle(snd_ctl_ext_t *ext)
{
    for (unsigned i = 0; i < HANDLES_MAX; i++) {
        if (handles[i] == ext->private_data) handles[i] = NULL;
    }
    close(ext->poll_fd);
    free(ext->private_data);
}

static const snd_ctl_ext_callback_t callbacks = {.close = close_handle,
                                                 .elem_count = count_controls,
                                                 .elem_list = tell_id,
                                                 .find_elem = find_control,
                                                 .get_attribute = tell_kind,
                                                 .get_integer_info = tell_range,
                                                 .read_integer = read_value,
                                                 .write_integer = write_value,
                                                 .read_event = next_event};

static void read_definition(Handle *handle, snd_config_t *definition)
{
    snd_config_iterator_t each, next;
    snd_config_t *list = NULL;
    if (snd_config_search(definition, "audible", &list) == 0) handle->ext.tlv.p = audible;
    if (snd_config_search(definition, "controls", &list) < 0) return;
    snd_config_for_each(each, next, list)
    {
        const char *control = NULL;
        if (handle->count < CONTROLS_MAX && snd_config_get_string(snd_config_iterator_entry(each), &control) == 0)
            snprintf(handle->controls[handle->count++], NAME_MAX_BYTES, "%s", control);
    }
}

/* What alsa-lib calls for the type livebooth_test, by its name. */
SND_CTL_PLUGIN_DEFINE_FUNC(livebooth_test);
SND_CTL_PLUGIN_DEFINE_FUNC(livebooth_test)
{
    (void)root;
    unsigned at = 0;
    while (at < HANDLES_MAX && handles[at]) at++;
    if (at == HANDLES_MAX) return -ENOMEM;
    Handle *handle = calloc(1, sizeof *handle);
    if (!handle) return -ENOMEM;
    read_definition(handle, conf);
    handle->ext.version = SND_CTL_EXT_VERSION;
    handle->ext.poll_fd = eventfd(0, EFD_NONBLOCK);
    handle->ext.callback = &callbacks;
    handle->ext.private_data = handle;
    int error = snd_ctl_ext_create(&handle->ext, name, mode);
    if (error < 0) {
        close(handle->ext.poll_fd);
        free(handle);
        return error;
    }
    handles[at] = handle;
    *handlep = handle->ext.handle;
    return 0;
}
SND_CTL_PLUGIN_SYMBOL(livebooth_test);
