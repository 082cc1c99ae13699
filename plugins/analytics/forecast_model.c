/* SPDX-License-Identifier: Apache-2.0 */
/* The back-test goes through the days: at each it predicts from what was known then.
 * The first half of these chooses the method, the second tells how good it is. */
#include "forecast_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WEEK 7
#define DAMPING 0.95
#define MAX_ORIGINS 60
#define MIN_KNOWN 14 /* days before the first prediction */

const char *const forecast_names[FORECAST_N] = {"last week", "weekday means", "Holt-Winters"};

/* --- methods ----------------------------------------------------------------------------- */

static void predict_last_week(const double *y, size_t n, double *ret, size_t horizon)
{
    for (size_t h = 0; h < horizon; h++)
        ret[h] = y[n - WEEK + h % WEEK];
}

static void predict_weekdays(const double *y, size_t n, double *ret, size_t horizon)
{
    for (size_t h = 0; h < horizon; h++) {
        double sum = 0, weight = 0;

        for (size_t back = WEEK - h % WEEK; back <= n && back <= 4 * WEEK; back += WEEK) {
            sum += y[n - back];
            weight += 1;
        }
        ret[h] = sum / weight;
    }
}

struct holt_winters {
    double alpha, beta, gamma;
    double level, trend, season[WEEK];
    double error; /* sum of squares of one step ahead */
};

static void begin(struct holt_winters *w, const double *y)
{
    double first = 0, second = 0;

    for (size_t i = 0; i < WEEK; i++) {
        first += y[i] / WEEK;
        second += y[i + WEEK] / WEEK;
    }
    w->level = first;
    w->trend = (second - first) / WEEK;
    for (size_t i = 0; i < WEEK; i++)
        w->season[i] = (y[i] - first + y[i + WEEK] - second) / 2;
    w->error = 0;
}

static void learn(struct holt_winters *w, const double *y, size_t n)
{
    begin(w, y);
    for (size_t i = 0; i < n; i++) {
        double *season = &w->season[i % WEEK], expected = w->level + DAMPING * w->trend;
        double wrong = y[i] - expected - *season, level = expected + w->alpha * wrong;

        if (i >= WEEK)
            w->error += wrong * wrong;
        w->trend = DAMPING * w->trend + w->beta * (level - w->level - DAMPING * w->trend);
        w->level = level;
        *season += w->gamma * wrong;
    }
}

static void predict_holt_winters(const double *y, size_t n, double *ret, size_t horizon)
{
    static const double alphas[] = {0.05, 0.15, 0.3, 0.5}, betas[] = {0, 0.05, 0.2},
                        gammas[] = {0.05, 0.2};
    struct holt_winters best = {.error = INFINITY};
    double damped = 0, power = 1;

    for (size_t a = 0; a < 4; a++)
        for (size_t b = 0; b < 3; b++)
            for (size_t c = 0; c < 2; c++) {
                struct holt_winters w = {.alpha = alphas[a], .beta = betas[b], .gamma = gammas[c]};

                learn(&w, y, n);
                if (w.error < best.error)
                    best = w;
            }
    for (size_t h = 0; h < horizon; h++) {
        power *= DAMPING;
        damped += power;
        ret[h] = best.level + damped * best.trend + best.season[(n + h) % WEEK];
    }
}

void forecast_predict(enum forecast_method method, const double *y, size_t n, double *ret,
                      size_t horizon)
{
    static void (*const methods[])(const double *, size_t, double *, size_t) = {
        predict_last_week, predict_weekdays, predict_holt_winters};

    methods[method](y, n, ret, horizon);
    for (size_t h = 0; h < horizon; h++)
        ret[h] = ret[h] > 0 ? ret[h] : 0; /* nothing costs less than nothing */
}

/* --- the back-test ------------------------------------------------------------------------- */

/* Errors (what was, less what was predicted) by distance. */
struct errors {
    double day[MAX_ORIGINS], sum[MAX_ORIGINS];
    size_t n;
};

static size_t first_origin(size_t n)
{
    return n > MIN_KNOWN + MAX_ORIGINS ? n - MAX_ORIGINS : MIN_KNOWN;
}

static double mean_error(enum forecast_method method, const double *y, size_t from, size_t to,
                         size_t n, size_t horizon)
{
    double predicted[FORECAST_MAX_HORIZON], sum = 0;
    size_t count = 0;

    for (size_t origin = from; origin < to; origin++) {
        size_t known = n - origin < horizon ? n - origin : horizon;

        forecast_predict(method, y, origin, predicted, known);
        for (size_t h = 0; h < known; h++)
            sum += fabs(y[origin + h] - predicted[h]);
        count += known;
    }
    return count ? sum / (double)count : 0;
}

static enum forecast_method choose(const double *y, size_t from, size_t to, size_t n,
                                   size_t horizon)
{
    enum forecast_method best = FORECAST_LAST_WEEK;
    double least = INFINITY;

    for (int m = 0; m < FORECAST_N; m++) {
        double error = mean_error((enum forecast_method)m, y, from, to, n, horizon);

        if (error < least) {
            least = error;
            best = (enum forecast_method)m;
        }
    }
    return best;
}

static void collect(enum forecast_method method, const double *y, size_t n, size_t horizon,
                    struct errors *errors)
{
    double predicted[FORECAST_MAX_HORIZON];

    for (size_t origin = first_origin(n); origin < n; origin++) {
        size_t known = n - origin < horizon ? n - origin : horizon;
        double sum = 0;

        forecast_predict(method, y, origin, predicted, known);
        for (size_t h = 0; h < known; h++) {
            struct errors *e = &errors[h];

            sum += y[origin + h] - predicted[h];
            e->day[e->n] = y[origin + h] - predicted[h];
            e->sum[e->n++] = sum;
        }
    }
}

/* --- intervals ------------------------------------------------------------------------------ */

static int compare(const void *left, const void *right)
{
    const double *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

/* The quantile with the correction for a small sample of conformal prediction (Vovk et
 * al., 2005): of n errors, the ceil((n + 1) q)th. */
static double quantile(double *sorted, size_t n, double q)
{
    double rank = q < 0.5 ? floor((double)(n + 1) * q) : ceil((double)(n + 1) * q);

    if (rank < 1)
        rank = 1;
    return sorted[(size_t)(rank > (double)n ? (double)n : rank) - 1];
}

/* Where the back-test has too few errors at a distance, those of the farthest one that
 * has enough are used, wider by the root of how much farther it is. */
static void set_interval(const struct errors *errors, size_t h, struct forecast_day *day)
{
    size_t of = h;
    double days[MAX_ORIGINS], sums[MAX_ORIGINS], wider;

    while (of > 0 && errors[of].n < 8)
        of--;
    wider = sqrt((double)(h + 1) / (double)(of + 1));
    memcpy(days, errors[of].day, errors[of].n * sizeof(*days));
    memcpy(sums, errors[of].sum, errors[of].n * sizeof(*sums));
    qsort(days, errors[of].n, sizeof(*days), compare);
    qsort(sums, errors[of].n, sizeof(*sums), compare);
    day->low = fmax(0, day->mean + wider * fmin(0, quantile(days, errors[of].n, 0.1)));
    day->high = day->mean + wider * fmax(0, quantile(days, errors[of].n, 0.9));
    wider *= wider; /* errors of a level add up */
    day->sum_low = fmax(0, day->sum + wider * fmin(0, quantile(sums, errors[of].n, 0.1)));
    day->sum_high = day->sum + wider * fmax(0, quantile(sums, errors[of].n, 0.9));
}

/* --- the whole ------------------------------------------------------------------------------ */

static bool is_enough(const double *y, size_t n)
{
    size_t any = 0;

    for (size_t i = 0; i < n; i++)
        any += y[i] > 0;
    return n >= FORECAST_MIN_DAYS && any >= WEEK;
}

static void fill(const double *y, size_t n, size_t horizon, struct forecast *f,
                 const struct errors *errors)
{
    double predicted[FORECAST_MAX_HORIZON], sum = 0;

    forecast_predict(f->method, y, n, predicted, horizon);
    for (size_t h = 0; h < horizon; h++) {
        sum += predicted[h];
        f->days[h] = (struct forecast_day){.mean = predicted[h], .sum = sum};
        set_interval(errors, h, &f->days[h]);
    }
}

/* How often the next day was within an interval made of the days before it. */
static void test_coverage(const double *y, size_t from, size_t n, struct forecast *f)
{
    struct errors errors = {0};
    size_t within = 0;

    for (size_t origin = first_origin(n); origin < n; origin++) {
        struct forecast_day day;

        forecast_predict(f->method, y, origin, &day.mean, 1);
        day.sum = day.mean;
        if (origin >= from) {
            set_interval(&errors, 0, &day);
            within += y[origin] >= day.low && y[origin] <= day.high;
            f->tested++;
        }
        errors.day[errors.n] = errors.sum[errors.n] = y[origin] - day.mean;
        errors.n++;
    }
    f->coverage = f->tested ? (double)within / (double)f->tested : 0;
}

bool forecast_make(const double *y, size_t n, size_t horizon, struct forecast *ret)
{
    struct errors *errors;
    size_t from, middle;

    *ret = (struct forecast){0};
    if (n > FORECAST_MAX_DAYS) {
        y += n - FORECAST_MAX_DAYS;
        n = FORECAST_MAX_DAYS;
    }
    if (!is_enough(y, n) || horizon == 0 || horizon > FORECAST_MAX_HORIZON)
        return false;
    errors = calloc(horizon, sizeof(*errors));
    if (!errors)
        return false;
    from = first_origin(n);
    middle = from + (n - from + 1) / 2;
    ret->method = choose(y, from, middle, middle, horizon);
    ret->mae = mean_error(ret->method, y, middle, n, n, horizon);
    ret->naive_mae = mean_error(FORECAST_LAST_WEEK, y, middle, n, n, horizon);
    test_coverage(y, middle, n, ret);
    collect(ret->method, y, n, horizon, errors);
    fill(y, n, horizon, ret, errors);
    free(errors);
    return true;
}
