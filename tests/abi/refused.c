/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin of an ABI that this host does not have. The compiler is told by how
 * much major and minor of the descriptor (DESCRIPTOR_…) and of the note
 * (NOTE_…) are more than the host's, and with NEWS that it calls a function of
 * a later host. Its constructor says when any of its code runs. */
#include <observatory/observatory.h>

#include <stdio.h>

#ifdef NEWS
void obs_news(void);
#endif

__attribute__((constructor)) static void load(void)
{
    fputs("code of the refused plugin runs\n", stderr);
}

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    (void)instance;
    (void)config;
    *ret_self = NULL;
#ifdef NEWS
    obs_news();
#endif
    return OBS_OK;
}

static void destroy(void *self)
{
    (void)self;
}

enum { HOST_MAJOR = OBS_ABI_MAJOR, HOST_MINOR = OBS_ABI_MINOR };
#undef OBS_ABI_MAJOR
#undef OBS_ABI_MINOR

#define OBS_ABI_MAJOR HOST_MAJOR + DESCRIPTOR_MAJOR
#define OBS_ABI_MINOR HOST_MINOR + DESCRIPTOR_MINOR
OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "refused",
    .version = "1.0.0",
    .license = "Apache-2.0",
    .summary = "cannot be loaded",
    .create = create,
    .destroy = destroy,
};
#undef OBS_ABI_MAJOR
#undef OBS_ABI_MINOR

#define OBS_ABI_MAJOR HOST_MAJOR + NOTE_MAJOR
#define OBS_ABI_MINOR HOST_MINOR + NOTE_MINOR
OBS_PLUGIN_NOTE("refused", "1.0.0");
