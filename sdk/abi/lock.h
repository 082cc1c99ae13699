/* SPDX-License-Identifier: Apache-2.0 */
/* What the locks of recorded ABIs are made of: one statement for each thing
 * that a plugin was compiled with. A lock defines ABI_VERSION, includes the
 * headers and this file; it compiles as long as the headers keep everything,
 * and otherwise the compiler's messages name what moved. */
#ifndef SDK_ABI_LOCK_H
#define SDK_ABI_LOCK_H

#define ABI_KEEPS(condition, what) _Static_assert(condition, "ABI " ABI_VERSION ": " what)
#define ABI_IS_TYPE(expression, ...)                                                               \
    __builtin_types_compatible_p(__typeof__(expression), __VA_ARGS__)

/* A struct that is found in arrays, by value or in memory of the plugin that
 * does not say how large it is, and one whose readers know its size. */
#define ABI_FIXED(name, bytes, alignment)                                                          \
    ABI_KEEPS(sizeof(struct name) == (bytes), #name ": it may not change its size of " #bytes);    \
    ABI_KEEPS(_Alignof(struct name) == (alignment), #name ": its alignment was " #alignment)
#define ABI_GROWING(name, bytes, alignment)                                                        \
    ABI_KEEPS(sizeof(struct name) >= (bytes), #name ": it is smaller than its " #bytes " bytes");  \
    ABI_KEEPS(_Alignof(struct name) == (alignment), #name ": its alignment was " #alignment)

/* A member; its type stands last because commas may be in it. */
#define ABI_MEMBER(of, name, offset, bytes, ...)                                                   \
    ABI_KEEPS(__builtin_offsetof(struct of, name) == (offset),                                     \
              #of "." #name ": it is no longer at byte " #offset);                                 \
    ABI_KEEPS(sizeof(((struct of *)0)->name) == (bytes),                                           \
              #of "." #name ": it no longer has " #bytes " bytes");                                \
    ABI_KEEPS(ABI_IS_TYPE(((struct of *)0)->name, __VA_ARGS__),                                    \
              #of "." #name ": its type was " #__VA_ARGS__)

#define ABI_TYPEDEF(name, ...)                                                                     \
    ABI_KEEPS(__builtin_types_compatible_p(name, __VA_ARGS__), #name ": it was " #__VA_ARGS__)
#define ABI_FUNCTION(name, ...)                                                                    \
    ABI_KEEPS(ABI_IS_TYPE(name, __VA_ARGS__), #name "(): its type was " #__VA_ARGS__)

#define ABI_INTEGER(name, number, ...)                                                             \
    ABI_KEEPS((name) == (number), #name ": its value was " #number);                               \
    ABI_KEEPS(ABI_IS_TYPE(name, __VA_ARGS__), #name ": its type was " #__VA_ARGS__)
/* A count, or a set of all: both grow with what they count. */
#define ABI_AT_LEAST(name, number, ...)                                                            \
    ABI_KEEPS((name) >= (number), #name ": it is less than " #number);                             \
    ABI_KEEPS(ABI_IS_TYPE(name, __VA_ARGS__), #name ": its type was " #__VA_ARGS__)
#define ABI_STRING(name, text)                                                                     \
    ABI_KEEPS(sizeof(name) == sizeof(text) && __builtin_strcmp(name, text) == 0,                   \
              #name ": its text has changed")

#endif
