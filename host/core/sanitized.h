/* SPDX-License-Identifier: Apache-2.0 */
/* Whether this is a build for a sanitizer, which has signal handlers and signal
 * stacks of its own. */
#ifndef HOST_CORE_SANITIZED_H
#define HOST_CORE_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HOST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define HOST_SANITIZED 1
#endif
#endif

#ifndef HOST_SANITIZED
#define HOST_SANITIZED 0
#endif

#endif
