import { describe, expect, test } from 'vitest';
import type { RequestEvent } from '../../../src/edge/observe.ts';
import { createCounts } from '../../../src/node/metrics/counts.ts';
import { createTraffic } from '../../../src/node/metrics/traffic.ts';
import { createUnderway } from '../../../src/node/metrics/underway.ts';
import { EVENT } from '../../helpers/event.ts';

const MINUTE = 60_000;
const EPOCH = Date.UTC(2026, 0, 1);

/** Traffic with clocks that a test moves. */
function opened() {
  let elapsed = 0;
  const counts = createCounts();
  const underway = createUnderway();
  const traffic = createTraffic({
    counts: () => counts.read().series,
    underway: underway.read,
    now: () => elapsed,
    wallClock: () => EPOCH + elapsed,
  });
  traffic.stop();
  return {
    counts,
    underway,
    read: traffic.read,
    of: (bucket: string) => traffic.read().buckets.find((one) => one.bucket === bucket),
    observe: (...events: readonly Partial<RequestEvent>[]) => {
      for (const event of events) counts.observe({ ...EVENT, ...event });
    },
    pass: (milliseconds: number) => {
      elapsed += milliseconds;
      // The timer looks once a second.
      traffic.read();
    },
  };
}

const last = <T>(list: readonly T[] | undefined, count: number): readonly T[] => list?.slice(-count) ?? [];

describe('the traffic of the last hour', () => {
  test('has sixty steps of a minute, the last of which grows', () => {
    const { observe, of, pass, read } = opened();
    observe({}, {});
    expect(last(of('b')?.requests, 2)).toEqual([0, 2]);
    observe({});
    expect(last(of('b')?.requests, 2)).toEqual([0, 3]);
    pass(MINUTE);
    observe({});
    expect(last(of('b')?.requests, 3)).toEqual([0, 3, 1]);
    expect(of('b')?.requests).toHaveLength(60);
    expect(read()).toMatchObject({ stepSeconds: 60, at: '2026-01-01T00:02:00.000Z' });
    pass(58 * MINUTE);
    expect(of('b')?.requests[0]).toBe(3);
    pass(MINUTE);
    expect(of('b')?.requests[0]).toBe(1);
    pass(MINUTE);
    expect(read().buckets).toEqual([]);
  });

  test('counts preflights, refusals, errors, and the mean of the time of the bucket', () => {
    const { observe, of, pass } = opened();
    const preflight = { kind: 'preflight', method: 'OPTIONS', bucketMs: null, bucketStatus: null } as const;
    observe(
      preflight,
      { ...preflight, status: 403, decision: 'method_not_allowed' },
      { ...preflight, status: 503, decision: 'rules_unavailable' },
      { decision: 'origin_not_allowed', bucketMs: 100 },
      { decision: 'not_cors', status: 404, bucketStatus: 404, bucketMs: 300 },
      { status: 502, code: 'BucketUnreachable', bucketStatus: null, bucketMs: 500 },
      { code: 'BucketBrokeOff', bucketMs: 700 },
      { status: null, code: 'ClientGone', bucketMs: 900 },
    );
    pass(MINUTE);
    const found = of('b');
    expect(last(found?.requests, 2)).toEqual([8, 0]);
    expect(last(found?.preflights, 2)).toEqual([3, 0]);
    expect(last(found?.refused, 2)).toEqual([2, 0]);
    expect(last(found?.errors, 2)).toEqual([3, 0]);
    expect(last(found?.bucketMs, 2)).toEqual([500, null]);
  });

  test('has what worker processes count, and what they have under way', () => {
    const { counts, underway, of } = opened();
    const worker = createCounts();
    worker.observe(EVENT);
    const taken = worker.take();
    if (taken !== null) counts.add(taken);
    underway.replace({}, [{ bucket: 'b', inFlight: 2, queued: 0 }]);
    expect(last(of('b')?.requests, 1)).toEqual([1]);
    expect(of('b')?.inFlight).toBe(2);
  });

  test('lists 200 buckets, and all others as one, until some have had no request for an hour', () => {
    const { observe, of, pass, read } = opened();
    for (let at = 0; at < 250; at += 1) observe({ label: `b${at}` });
    expect(read().buckets).toHaveLength(201);
    expect(last(of('other')?.requests, 1)).toEqual([50]);
    pass(60 * MINUTE);
    observe({ label: 'b240' });
    expect(read().buckets.map(({ bucket }) => bucket)).toEqual(['b240']);
    expect(last(of('b240')?.requests, 2)).toEqual([0, 1]);
  });
});
