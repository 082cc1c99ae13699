/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets that were opened before this process began, handed over as
 * sd_listen_fds(3) has it: by the supervisor, or by a socket unit of systemd.
 * One table a process, as there is one environment and one set of descriptors.
 * It is full between inherited_open() and inherited_close(), at the start. */
#ifndef HOST_HTTP_INHERITED_H
#define HOST_HTTP_INHERITED_H

#include <observatory/base.h>
#include <sys/socket.h>

/* Where inherited descriptors begin, and how many there may be. */
enum { INHERITED_FIRST_FD = 3, INHERITED_MAX = 64 };

#define INHERITED_NAME_BYTES 256

/* Takes over the sockets of LISTEN_FDS when LISTEN_PID is this process, and
 * removes both and LISTEN_FDNAMES from the environment, so that no child takes
 * them for its own. Thread: control, before there are others. */
void inherited_open(void);

/* The socket that `address` of the configuration, in words `configured`, stands
 * for: the one of its name, or else the one that is bound to it. The caller owns
 * it. -1: there is none. Thread: control; after inherited_close() any. */
int inherited_take(obs_str configured, const struct sockaddr *address);

/* Closes what nobody took, each with a warning. Thread: control. */
void inherited_close(void);

/* The name in LISTEN_FDNAMES of the socket for `configured`: its words, with
 * semicolons for colons, which a name cannot have. `name` has
 * INHERITED_NAME_BYTES. */
void inherited_name(obs_str configured, char *name);

#endif
