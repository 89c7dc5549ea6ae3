import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answered, call, corsHeaders, element, value } from '../helpers/client.ts';
import { failing, misbehaving } from '../helpers/misbehaving.ts';
import { until } from '../helpers/until.ts';
import { type Edge, type Runtime, testOn, useEdge } from './runtime.ts';
import { A, EVERYBODY, EVERYBODY_HEADERS, ONE_ORIGIN, ONE_ORIGIN_HEADERS, STRANGER } from './sets.ts';

/** The store's rules now; they differ from the rules that were loaded before. */
const ACTS = misbehaving(EVERYBODY);
type ActName = keyof typeof ACTS;

// A load that read a storage first has a little less than 5 seconds left.
const TIME_OUT = /did not answer within (?:5|4\.\d) seconds/;
const UNREADABLE = /could not be read/;
const TOO_LONG = /longer than 65536 bytes/;
/** A transport may count them. */
const FLOODED = /did not answer within (?:5|4\.\d) seconds|the final response does not begin/;
/** In the words of either transport. */
const CLOSED = /other side closed|the bucket closed the connection/;
const HEAD_TOO_LARGE =
  /Headers Overflow|head of the response, or its trailer section, is larger than 65536 bytes/;
const NOT_WHOLE = /not well-formed XML/;

/** The last column is the text of Node's own fetch. */
const UNKNOWN: readonly [title: string, name: ActName, cause: RegExp, onNode?: RegExp][] = [
  ['sends nothing', 'silent', TIME_OUT],
  ['sends a header line now and then', 'slowHead', TIME_OUT],
  ['sends a byte a second', 'slowBody', TIME_OUT],
  ['sends all and never ends the answer', 'neverEnding', TIME_OUT],
  ['sends only 103, endlessly', 'informationFlood', FLOODED],
  ['resets the connection', 'reset', UNREADABLE, /ECONNRESET/],
  ['resets the connection in the body', 'resetInBody', UNREADABLE, /ECONNRESET/],
  [
    'resets the connection in a body without a length',
    'resetWithoutLength',
    /could not be read|not well-formed XML/,
  ],
  ['closes before the last chunk', 'endInChunks', UNREADABLE, CLOSED],
  ['announces more bytes than it sends', 'lengthTooLong', UNREADABLE, CLOSED],
  ['sends more bytes than it announces', 'lengthTooShort', /could not be read|not well-formed XML/],
  ['does not speak HTTP', 'notHttp', UNREADABLE, /HTTP\/1\.1 protocol/],
  ['sends a header of a megabyte', 'hugeHead', UNREADABLE, HEAD_TOO_LARGE],
  ['sends fifty thousand headers', 'manyHeaders', UNREADABLE, HEAD_TOO_LARGE],
  ['answers 500', 'internalError', /answered 500 InternalError/],
  ['answers 403', 'forbidden', /answered 403 AccessDenied/],
  ['redirects to itself', 'redirectLoop', /answered 307/],
  ['answers 404 without a body', 'emptyNotFound', /answered 404/],
  ['answers 200 without a body', 'empty', /empty/],
  ['answers an HTML page', 'page', /HTML page/],
  ['answers half a document', 'truncated', NOT_WHOLE],
  ['answers a billion laughs', 'laughs', /DOCTYPE/],
  ['answers ten megabytes', 'tenMegabytes', TOO_LONG],
  ['answers endlessly', 'endless', TOO_LONG],
  ['answers a hundred megabytes in gzip', 'gzipBomb', TOO_LONG],
  ['answers with a false Content-Encoding', 'notGzip', UNREADABLE, /incorrect header check/],
];

const RULES: readonly [title: string, name: ActName][] = [
  ['sends 103 twenty times, and 102, before its answer', 'information'],
  ['compresses its answer', 'gzip'],
  ['has a clock 20 minutes behind', 'clockBehind'],
];

const NONE: readonly [title: string, name: ActName][] = [
  ['answers 204', 'noContent'],
  ['answers NoSuchCORSConfiguration', 'noConfiguration'],
];

const NAMES = Object.keys(ACTS) as ActName[];
const CACHED = 'public, max-age=60';
const hostOf = (name: string): string => `${name.toLowerCase()}.example`;

/** Sends one bucket a GET and two preflights. */
async function asked(edge: Edge, name: string) {
  edge.bucketNamed(name).script = { status: 200, headers: ['Cache-Control', CACHED], body: 'the object' };
  const host = ['Host', hostOf(name)];
  const send = (origin: string, method: string, more: readonly string[] = []): Promise<Answered> =>
    call(edge.url, { method, target: '/key', headers: [...host, 'Origin', origin, ...more] });
  const preflight = (origin: string) => send(origin, 'OPTIONS', ['Access-Control-Request-Method', 'PUT']);
  const [object, allowed, stranger] = await Promise.all([send(A, 'GET'), preflight(A), preflight(STRANGER)]);
  expect(object.status).toBe(200);
  expect(object.body.toString()).toBe('the object');
  return { object, allowed, stranger };
}

type Seen = Awaited<ReturnType<typeof asked>>;

function followsNothing({ object, allowed }: Seen): void {
  expect(corsHeaders(object)).toEqual({});
  expect(value(object, 'vary')).toBe('Origin');
  expect(value(object, 'cache-control')).toBe('no-store');
  expect(allowed.status).toBe(503);
  expect(element(allowed, 'Reason')).toBe('rules_unavailable');
  expect(value(allowed, 'retry-after')).toMatch(/^[1-9]\d*$/);
  expect(value(allowed, 'cache-control')).toBe('no-store');
  expect(corsHeaders(allowed)).toEqual({});
}

function followsLastGood({ object, allowed, stranger }: Seen): void {
  expect(corsHeaders(object)).toEqual(ONE_ORIGIN_HEADERS);
  expect(value(object, 'vary')).toBe('Origin');
  expect(value(object, 'cache-control')).toBe(CACHED);
  expect(allowed.status).toBe(200);
  expect(corsHeaders(allowed)).toMatchObject(ONE_ORIGIN_HEADERS);
  expect(stranger.status).toBe(403);
  expect(element(stranger, 'Reason')).toBe('origin_not_allowed');
}

function followsWhatItSays({ object, allowed, stranger }: Seen): void {
  expect(corsHeaders(object)).toEqual(EVERYBODY_HEADERS);
  expect(value(object, 'cache-control')).toBe(CACHED);
  expect(allowed.status).toBe(200);
  expect(stranger.status).toBe(200);
}

function followsNone({ object, allowed }: Seen): void {
  expect(corsHeaders(object)).toEqual({});
  expect(value(object, 'cache-control')).toBe(CACHED);
  expect(allowed.status).toBe(403);
  expect(element(allowed, 'Reason')).toBe('no_rules');
}

const FRESH = { state: 'fresh', cause: null, cure: null, ready: 'ready', reasons: [] };

async function expectReport(
  edge: Edge,
  name: string,
  state: string,
  ready: string,
  cause: RegExp,
): Promise<void> {
  const report = await edge.status(name);
  expect(report).toMatchObject({ state, ready, cause: expect.stringMatching(cause) });
  expect(report.cure).toMatch(/^[A-Z].*\.$/);
  expect(report.reasons).toEqual([expect.stringContaining(`${report.cause}. ${report.cure}`)]);
}

export function addMisbehavingTests(runtime: Runtime): void {
  describe.each([
    ['from the start', null],
    ['after it served valid rules', ONE_ORIGIN],
  ])('a store that misbehaves %s', (_, before) => {
    let open: Edge | undefined;
    const edge = (): Edge => {
      if (open === undefined) throw new Error('the edge is open only while tests run');
      return open;
    };
    // All at once, so that the slow ones time out together.
    beforeAll(async () => {
      const buckets = NAMES.map((name) => ({ name, hosts: [hostOf(name)], rules: before ?? ACTS[name] }));
      open = await runtime.open({ buckets });
      if (before !== null) await Promise.all(NAMES.map((name) => edge().setRules(ACTS[name], name)));
    });
    afterAll(async () => {
      expect(edge().errors).toEqual([]);
      await edge().close();
    });

    test.each(UNKNOWN)('and %s', async (_title, name, cause) => {
      if (before === null) {
        await expectReport(edge(), name, 'unavailable', 'not ready', cause);
        followsNothing(await asked(edge(), name));
      } else {
        await expectReport(edge(), name, 'stale', 'degraded', cause);
        followsLastGood(await asked(edge(), name));
      }
    });

    testOn(runtime, 'causes in words').each(UNKNOWN.filter(([, , , words]) => words !== undefined))(
      'and %s has the cause in the operator’s view',
      async (_title, name, _cause, words) => {
        expect((await edge().status(name)).cause).toMatch(words ?? /^$/);
      },
    );

    test.each(RULES)('and %s still serves valid rules', async (_title, name) => {
      expect(await edge().status(name)).toEqual(FRESH);
      followsWhatItSays(await asked(edge(), name));
    });

    test.each(NONE)('and %s has no rules', async (_title, name) => {
      expect(await edge().status(name)).toEqual(FRESH);
      followsNone(await asked(edge(), name));
    });

    test.each(UNKNOWN)('and %s gets no second request during the pause', (_title, name) => {
      const { rulesAsked } = edge().bucketNamed(name);
      // One load; a second if the pause was over when this block's own requests came. A platform may ask
      // twice in a load, if its idle connection was reset.
      expect(rulesAsked.length).toBeLessThanOrEqual(before === null ? 2 : 4);
    });

    test.each(
      UNKNOWN.filter(
        ([, name, cause]) => cause === TIME_OUT || name === 'informationFlood' || name === 'endless',
      ),
    )('and %s loses its connection at the timeout', async (_title, name) => {
      const { rulesAsked } = edge().bucketNamed(name);
      await until('the load is cancelled', () => rulesAsked[before === null ? 0 : 1]?.cancelled === true);
    });

    test.each(NAMES)('serves rules again after it recovers (%s)', async (name) => {
      await edge().setRules(EVERYBODY, name);
      expect(await edge().status(name)).toEqual(FRESH);
      followsWhatItSays(await asked(edge(), name));
    });
  });

  describe('a store that answers 500 three times', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN, buckets: [{ name: 'b', hosts: [hostOf('b')] }] });

    test('gets further requests, and its fourth answer counts', async () => {
      edge().bucket.reset();
      const rules = failing(3, EVERYBODY);
      for (let loads = 0; loads <= 3; loads = edge().bucket.rulesAsked.length) {
        if (loads > 0) {
          expect(await edge().status('b')).toMatchObject({
            state: 'stale',
            cause: expect.stringMatching('500'),
          });
          followsLastGood(await asked(edge(), 'b'));
        }
        await edge().setRules(rules, 'b');
      }
      expect(await edge().status('b')).toEqual(FRESH);
      followsWhatItSays(await asked(edge(), 'b'));
    });
  });

  describe.each([
    ['that never served rules', 'unknown', 'unavailable'],
    ['that served valid rules', ONE_ORIGIN, 'stale'],
  ] as const)('a store %s and accepts no connection any more', (_, rules, state) => {
    const edge = useEdge(runtime, { rules });

    test('is reported as unreadable, and answers follow the known rules only', async () => {
      await edge().bucket.close();
      // The first of two may still have used a connection that was just closing.
      await edge().setRules('unknown');
      await edge().setRules('unknown');
      expect(await edge().status('bucket')).toMatchObject({
        state,
        cause: expect.stringMatching(UNREADABLE),
      });
      const headers = ['Origin', A];
      const object = await call(edge().url, { target: '/key', headers });
      expect(object.status).toBe(502);
      expect(corsHeaders(object)).toEqual(rules === 'unknown' ? {} : ONE_ORIGIN_HEADERS);
      expect(value(object, 'vary')).toBe('Origin');
      const asking = [...headers, 'Access-Control-Request-Method', 'PUT'];
      const preflight = await call(edge().url, { method: 'OPTIONS', target: '/key', headers: asking });
      expect(preflight.status).toBe(rules === 'unknown' ? 503 : 200);
    });

    testOn(runtime, 'causes in words')('has ECONNREFUSED in the operator’s view', async () => {
      expect((await edge().status('bucket')).cause).toMatch(/ECONNREFUSED/);
    });
  });
}
