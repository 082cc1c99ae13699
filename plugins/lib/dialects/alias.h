/* SPDX-License-Identifier: Apache-2.0 */
/* Names of attributes as names of fields, for questions: whoever asks for
 * `gen_ai.usage.prompt_tokens` means what is stored as prompt_tokens. */
#ifndef PLUGINS_LIB_DIALECTS_ALIAS_H
#define PLUGINS_LIB_DIALECTS_ALIAS_H

#include <observatory/base.h>

/* The field of the span that attribute `key` of any dialect is read into (OBS_FIELD_*),
 * -1 when it is only an attribute. Thread: any. */
int alias_field(obs_str key);

#endif
