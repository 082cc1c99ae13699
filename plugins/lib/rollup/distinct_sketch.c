/* SPDX-License-Identifier: Apache-2.0 */
/* The first 12 bits of a hash choose the register, the run of zeros in the rest is
 * its value. Registers are stored in six bits each. */
#include "distinct_sketch.h"

#include <math.h>
#include <stdlib.h>

#define P 12u       /* bits that choose the register */
#define Q (64u - P) /* bits whose zeros are counted */
#define FORMAT_LIST 1u
#define FORMAT_REGISTERS 2u
#define PACKED_BYTES (DISTINCT_REGISTERS * 6 / 8)

/* --- hashing --------------------------------------------------------------------- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t word(const char *p, size_t n)
{
    uint64_t value = 0;

    memcpy(&value, p, n);
    return value;
}

/* Multiply and fold, eight bytes at a time, after wyhash (Wang Yi). Part of the
 * format: sketches of different builds are merged. Little-endian. */
static uint64_t hash(obs_str text)
{
    static const uint64_t s0 = UINT64_C(0xa0761d6478bd642f), s1 = UINT64_C(0xe7037ed1a0b428db);
    uint64_t h = s0 ^ text.len;
    size_t i = 0;

    for (; i + 8 <= text.len; i += 8)
        h = mix(h ^ word(text.ptr + i, 8), s1);
    if (i < text.len)
        h = mix(h ^ word(text.ptr + i, text.len - i), s1);
    h = mix(h ^ s1, s0 ^ text.len);
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    return h ^ h >> 32;
}

/* --- registers --------------------------------------------------------------------- */

static void put_register(uint8_t *registers, uint64_t h)
{
    uint32_t at = (uint32_t)(h >> Q);
    uint64_t rest = h << P;
    uint8_t run = (uint8_t)(rest ? __builtin_clzll(rest) + 1 : (int)Q + 1);

    if (registers[at] < run)
        registers[at] = run;
}

static int to_registers(struct distinct *d)
{
    if (d->registers)
        return OBS_OK;
    d->registers = calloc(1, DISTINCT_REGISTERS);
    if (!d->registers)
        return OBS_E_NOMEM;
    for (uint32_t i = 0; i < d->n; i++)
        put_register(d->registers, d->list[i]);
    d->n = 0;
    return OBS_OK;
}

/* --- the list ------------------------------------------------------------------------ */

static int reserve(struct distinct *d)
{
    uint32_t capacity = d->capacity ? 2 * d->capacity : 8;
    uint64_t *list;

    if (d->n < d->capacity)
        return OBS_OK;
    list = realloc(d->list, capacity * sizeof(*list));
    if (!list)
        return OBS_E_NOMEM;
    d->list = list;
    d->capacity = capacity;
    return OBS_OK;
}

static int add_hash(struct distinct *d, uint64_t h)
{
    uint32_t low = 0, high = d->n;
    int rc;

    if (d->registers) {
        put_register(d->registers, h);
        return OBS_OK;
    }
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (d->list[middle] < h)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < d->n && d->list[low] == h)
        return OBS_OK;
    if (d->n == DISTINCT_LIST) {
        rc = to_registers(d);
        if (rc == OBS_OK)
            put_register(d->registers, h);
        return rc;
    }
    rc = reserve(d);
    if (rc < 0)
        return rc;
    memmove(d->list + low + 1, d->list + low, (d->n - low) * sizeof(*d->list));
    d->list[low] = h;
    d->n++;
    return OBS_OK;
}

/* --- public ---------------------------------------------------------------------------- */

void distinct_free(struct distinct *distinct)
{
    free(distinct->list);
    free(distinct->registers);
    *distinct = (struct distinct){0};
}

void distinct_clear(struct distinct *distinct)
{
    free(distinct->registers);
    distinct->registers = NULL;
    distinct->n = 0;
}

int distinct_add(struct distinct *distinct, obs_str text)
{
    return add_hash(distinct, hash(text));
}

int distinct_merge(struct distinct *to, const struct distinct *from)
{
    int rc = from->registers ? to_registers(to) : OBS_OK;

    for (uint32_t i = 0; i < from->n && rc == OBS_OK; i++)
        rc = add_hash(to, from->list[i]);
    for (uint32_t i = 0; from->registers && i < DISTINCT_REGISTERS && rc == OBS_OK; i++)
        if (to->registers[i] < from->registers[i])
            to->registers[i] = from->registers[i];
    return rc;
}

/* Ertl's sums over the ends of the histogram of registers. */
static double sigma(double x)
{
    double power = 1, sum = x, before;

    if (x == 1.0)
        return INFINITY;
    do {
        before = sum;
        x *= x;
        sum += x * power;
        power += power;
    } while (sum > before);
    return sum;
}

static double tau(double x)
{
    double power = 1, sum = 1 - x, before;

    if (x == 0.0 || x == 1.0)
        return 0;
    do {
        before = sum;
        x = sqrt(x);
        power *= 0.5;
        sum -= (1 - x) * (1 - x) * power;
    } while (sum < before);
    return sum / 3;
}

uint64_t distinct_count(const struct distinct *distinct)
{
    const double m = DISTINCT_REGISTERS;
    uint32_t histogram[Q + 2] = {0};
    double z;

    if (!distinct->registers)
        return distinct->n;
    for (uint32_t i = 0; i < DISTINCT_REGISTERS; i++)
        histogram[distinct->registers[i]]++;
    z = m * tau(1 - histogram[Q + 1] / m);
    for (uint32_t k = Q; k > 0; k--)
        z = 0.5 * (z + histogram[k]);
    z += m * sigma(histogram[0] / m);
    return (uint64_t)(m * m / (2 * log(2.0)) / z + 0.5);
}

/* --- bytes -------------------------------------------------------------------------------- */

size_t distinct_max_bytes(const struct distinct *distinct)
{
    return 1 + (distinct->registers ? PACKED_BYTES : distinct->n * sizeof(*distinct->list));
}

size_t distinct_encode(const struct distinct *distinct, uint8_t *to)
{
    const uint8_t *r = distinct->registers;

    *to++ = r ? FORMAT_REGISTERS : FORMAT_LIST;
    if (!r) {
        if (distinct->n)
            memcpy(to, distinct->list, distinct->n * sizeof(*distinct->list));
        return 1 + distinct->n * sizeof(*distinct->list);
    }
    for (uint32_t i = 0; i < DISTINCT_REGISTERS; i += 4, to += 3) {
        uint32_t four = (uint32_t)r[i] | (uint32_t)r[i + 1] << 6 | (uint32_t)r[i + 2] << 12 |
                        (uint32_t)r[i + 3] << 18;

        to[0] = (uint8_t)four;
        to[1] = (uint8_t)(four >> 8);
        to[2] = (uint8_t)(four >> 16);
    }
    return 1 + PACKED_BYTES;
}

static int merge_packed(struct distinct *to, const uint8_t *from)
{
    int rc = to_registers(to);

    for (uint32_t i = 0; i < DISTINCT_REGISTERS && rc == OBS_OK; i++) {
        const uint8_t *three = from + i / 4 * 3;
        uint32_t four = (uint32_t)three[0] | (uint32_t)three[1] << 8 | (uint32_t)three[2] << 16;
        uint8_t value = (uint8_t)(four >> i % 4 * 6 & 63);

        if (value > Q + 1)
            return OBS_E_SYNTAX;
        if (to->registers[i] < value)
            to->registers[i] = value;
    }
    return rc;
}

int distinct_merge_encoded(struct distinct *to, obs_str bytes)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr;
    size_t len = bytes.len ? bytes.len - 1 : 0;
    int rc = OBS_OK;

    if (bytes.len == 0)
        return OBS_E_SYNTAX;
    if (at[0] == FORMAT_REGISTERS)
        return len == PACKED_BYTES ? merge_packed(to, at + 1) : OBS_E_SYNTAX;
    if (at[0] != FORMAT_LIST || len % sizeof(uint64_t) || len / sizeof(uint64_t) > DISTINCT_LIST)
        return OBS_E_SYNTAX;
    for (size_t i = 0; i < len && rc == OBS_OK; i += sizeof(uint64_t))
        rc = add_hash(to, word((const char *)at + 1 + i, sizeof(uint64_t)));
    return rc;
}
