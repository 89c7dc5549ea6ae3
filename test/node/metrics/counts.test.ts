import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RequestEvent } from '../../../src/edge/observe.ts';
import { type CountsTaken, createCounts } from '../../../src/node/metrics/counts.ts';
import { requestsText } from '../../../src/node/metrics/requests.ts';
import { countOf } from '../../../src/node/metrics/series.ts';
import { EVENT } from '../../helpers/event.ts';

const anEvent: fc.Arbitrary<RequestEvent> = fc
  .record({
    label: fc.constantFrom('a', 'b', null),
    kind: fc.constantFrom('actual' as const, 'preflight' as const, null),
    decision: fc.constantFrom('matched' as const, 'no_rules' as const, null),
    method: fc.constantFrom('GET', 'LINK', 'LOCK'),
    status: fc.constantFrom(200, 404, null),
    secure: fc.boolean(),
    server: fc.constantFrom('https://a.example', 'http://b.example:81'),
    bucketMs: fc.constantFrom(null, 0, 125),
    bucketStatus: fc.constantFrom(200, 404, null),
    code: fc.constantFrom('ClientGone' as const, null),
    received: fc.nat(9),
    sent: fc.nat(9),
    // Sums of sixteenths are exact in any order.
    totalMs: fc.nat(80).map((sixteenths) => sixteenths * 62.5),
  })
  .map((some) => ({ ...EVENT, ...some }));

const lines = (counts: CountsTaken): string[] => requestsText(counts, []).split('\n').sort();

describe('counts', () => {
  test('of several processes, added up, equal the counts of a single process', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anEvent, fc.nat(2), fc.boolean())), (events) => {
        const [alone, primary] = [createCounts(), createCounts()];
        const workers = [createCounts(), createCounts(), createCounts()];
        for (const [event, at, takes] of events) {
          alone.observe(event);
          workers[at]?.observe(event);
          const taken = takes ? workers[at]?.take() : null;
          if (taken) primary.add(structuredClone(taken));
        }
        for (const worker of workers) {
          const taken = worker.take();
          if (taken !== null) primary.add(structuredClone(taken));
          expect(worker.take()).toBe(null);
        }
        expect(lines(primary.read())).toEqual(lines(alone.read()));
      }),
    );
  });

  test('beyond the bound on label sets are added to the label other', () => {
    const counts = createCounts({ most: 10 });
    for (let at = 0; at < 1_000; at += 1) {
      counts.observe({ ...EVENT, bucket: `b${at}`, label: `b${at}`, status: at, sent: 1, totalMs: 1 });
    }
    const { series } = counts.read();
    expect(series.reduce((sum, { client }) => sum + countOf(client), 0)).toBe(1_000);
    expect(series.reduce((sum, { sent }) => sum + sent, 0)).toBe(1_000);
    expect(series).toHaveLength(10 + 1);
    expect(series.at(-1)).toMatchObject({ bucket: 'other', reason: 'other', sent: 990 });
  });
});

describe('the Prometheus text', () => {
  test('names 200 buckets, and adds all others to one, whatever the process has counted', () => {
    const counts = createCounts();
    const textOf = (): string =>
      requestsText(
        counts.read(),
        [...Array(300).keys()].map((at) => ({ bucket: `b${at}`, inFlight: 1, queued: 0 })),
      );
    for (let at = 0; at < 3_000; at += 1)
      counts.observe({
        ...EVENT,
        bucket: `b${at}`,
        label: `b${at}`,
        bucketMs: 1,
        server: `https://${at}.example`,
      });
    const text = textOf();
    expect(new Set(text.match(/bucket="[^"]*"/g)).size).toBe(201);
    expect(text).toMatch(/^http_server_request_duration_seconds_count\{bucket="b199",.*\} 1$/m);
    expect(text).toMatch(/^http_server_request_duration_seconds_count\{bucket="other",.*\} 2800$/m);
    expect(text).toMatch(/^http_client_request_duration_seconds_count\{bucket="other",.*\} 2800$/m);
    expect(text).toMatch(/^bucket_cors_requests_in_flight\{bucket="other"\} 100$/m);
    // The names stay when further buckets come.
    counts.observe({ ...EVENT, bucket: 'new', label: 'new' });
    expect(new Set(textOf().match(/bucket="[^"]*"/g))).toEqual(new Set(text.match(/bucket="[^"]*"/g)));
  });

  test('is bounded too when each bucket answers with many statuses', () => {
    const counts = createCounts();
    for (let at = 0; at < 20_000; at += 1)
      counts.observe({
        ...EVENT,
        label: `b${at % 200}`,
        bucketMs: 1,
        status: 200 + (at % 399),
        server: 'https://s',
      });
    const text = requestsText(counts.read(), []);
    expect(text.length).toBeLessThan(8_000_000);
    expect(text.match(/^http_server_request_duration_seconds_count/gm)).toHaveLength(2_001);
  });

  test('has cumulative classes, as a histogram requires', () => {
    const counts = createCounts();
    for (const totalMs of [1, 1, 70, 70_000]) counts.observe({ ...EVENT, totalMs });
    const found = requestsText(counts.read(), [])
      .split('\n')
      .flatMap((line) => /^http_server_.*_bucket\{.*,le="(.*?)"\} (\d+)$/.exec(line)?.slice(1) ?? [])
      .join(' ');
    expect(found).toBe(
      '0.005 2 0.01 2 0.025 2 0.05 2 0.075 3 0.1 3 0.25 3 0.5 3 0.75 3 1 3 2.5 3 5 3 7.5 3 10 3 +Inf 4',
    );
  });

  test('escapes the characters of a name', () => {
    const counts = createCounts();
    counts.observe({ ...EVENT, bucket: 'a"b\\c\nd', label: 'a"b\\c\nd' });
    expect(requestsText(counts.read(), [])).toContain('decisions_total{bucket="a\\"b\\\\c\\nd",');
  });
});
