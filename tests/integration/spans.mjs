// SPDX-License-Identifier: Apache-2.0
// What the tests of SDKs ask of stored spans.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ANTHROPIC } from './fake-model.mjs';
import { root, serve } from './server.mjs';

/** A server with the price book of the cost corpus, which no change of real prices touches. */
export const pricedServer = (t) => serve(t, { sets: { 'plugins.prices.file': join(root, 'tests/fixtures/costs/prices.yaml') } });

/** Of a call of claude-opus-4-5, in nano-dollars; `hour`: it is known what was written for an hour. */
export const claudeCost = (hour) => {
    const { input, read, written_5m, written_1h, output } = ANTHROPIC;
    return input * 5000 + read * 500 + written_5m * 6250 + written_1h * (hour ? 10000 : 6250) + output * 25000;
};

/** Some fields of a span. */
export const pick = (span, ...names) => Object.fromEntries(names.map((name) => [name, span[name]]));

/** The fields of `want` are in `span`, and are those. */
export function holds(span, want) {
    assert.deepEqual(pick(span, ...Object.keys(want)), want, `${span.span_name}`);
}

/** Nano-dollars. */
export const nano = (usd) => Math.round(usd * 1e9);

/** The only trace among `spans` counts `calls`, of these spans, and none of the others. */
export async function countsOnce(observatory, spans, calls) {
    const [trace_id, ...others] = new Set(spans.map((s) => s.trace_id));
    assert.deepEqual(others, []);
    const { status, body } = await observatory.get(`/api/v1/traces/${trace_id}`);
    assert.equal(status, 200);
    const sum = (field) => calls.reduce((n, span) => n + (span[field] ?? 0), 0);
    const totals = body.data;
    holds(totals, { prompt_tokens: sum('prompt_tokens'), completion_tokens: sum('completion_tokens'), total_tokens: sum('total_tokens') });
    assert.equal(nano(totals.total_cost_usd), calls.reduce((n, span) => n + nano(span.total_cost_usd ?? 0), 0));
    return totals;
}
