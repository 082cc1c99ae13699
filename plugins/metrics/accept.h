/* SPDX-License-Identifier: Apache-2.0 */
/* Which exposition format a scraper gets. */
#ifndef METRICS_ACCEPT_H
#define METRICS_ACCEPT_H

#include <observatory/base.h>

enum format { FORMAT_TEXT, FORMAT_OPENMETRICS, N_FORMATS };

/* Chooses by the Accept header (RFC 9110 §12.5.1; `ptr` NULL when absent):
 * the higher weight wins, and on a tie the one that was named more exactly,
 * then text. What accepts neither gets text all the same: a scraper can do
 * more with that than with a 406. */
enum format accept_choose(obs_str header);

/* The Content-Type of `format`. */
const char *accept_content_type(enum format format);

#endif
