/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that a plugin may see, except the domain services: include
 * <observatory/store.h> and its like where they are used. */
#ifndef OBSERVATORY_OBSERVATORY_H
#define OBSERVATORY_OBSERVATORY_H

#include <observatory/plugin.h>

#endif
