import type { Context, Hono } from 'hono';
import type { Domains } from '../analysis/check/domains.ts';
import type { RulesCache } from '../rules/cache.ts';
import { keyOf, type RuledBucket } from '../rules/ruled-bucket.ts';
import type { Versions } from '../rules/versions.ts';
import type { Editable, Traffic } from './api.ts';
import type { Buckets } from './buckets.ts';
import { differenceOf } from './difference.ts';
import { panelOf, versionLine } from './panel.ts';
import { createStreams, type StreamsOptions } from './streams.ts';

export interface LiveOptions {
  readonly cache: RulesCache;
  readonly versions: Versions;
  /** Returns the counts of the last hour; absent: no process has the counts of all. */
  readonly traffic?: () => Traffic;
  /** Loads the public suffix list; without it, findings about wildcards are fewer. */
  readonly domains?: () => Promise<Domains>;
  readonly streams?: StreamsOptions;
}

/** What the live page reads. */
export interface Live {
  /** Adds its routes to the admin port. */
  routes(app: Hono, buckets: Buckets): void;
  /** The rules of a bucket, or their state, have changed. */
  changed(bucket: RuledBucket): void;
  /** Ends all streams. */
  close(): void;
}

/** Milliseconds between two reports of the traffic. */
const TRAFFIC_EVERY = 5_000;

const EVENT_STREAM = { 'Content-Type': 'text/event-stream; charset=utf-8' };

export function createLive({ cache, versions, traffic, domains, streams: options }: LiveOptions): Live {
  const streams = createStreams(options);
  const reporting = setInterval(() => {
    if (traffic && streams.count() > 0) streams.send({ event: 'traffic', data: traffic() });
  }, TRAFFIC_EVERY);

  async function panel(c: Context, bucket: RuledBucket) {
    await cache.current(bucket);
    const edit: Editable = { possible: false, because: 'Rules cannot be changed here.' };
    return c.json(panelOf(bucket, cache.status(keyOf(bucket)), edit, await domains?.()));
  }

  function diff(c: Context, bucket: RuledBucket) {
    const known = versions.of(keyOf(bucket));
    const [before, after] = ['from', 'to'].map((name) => {
      const version = c.req.query(name);
      return known.find((one) => one.version === version);
    });
    if (before !== undefined && after !== undefined)
      return c.json(differenceOf(before.ruleSet, after.ruleSet, bucket.behaviour));
    const missing = before === undefined ? 'from' : 'to';
    return c.json({ error: `name a version of /versions: ?${missing}=VERSION` }, 404);
  }

  function events(c: Context) {
    if (c.req.method === 'HEAD') return c.body(null, 200, EVENT_STREAM);
    const client = streams.open();
    if (client === null)
      return c.json({ error: 'too many clients read events: close a page' }, 503, { 'Retry-After': '5' });
    if (traffic) client.send({ event: 'traffic', data: traffic() });
    return c.body(client.body, 200, EVENT_STREAM);
  }

  return {
    routes(app, buckets) {
      const about =
        (answer: (c: Context, bucket: RuledBucket) => Response | Promise<Response>) => (c: Context) => {
          const asked = c.req.query('bucket');
          const bucket = buckets.one(asked);
          return bucket === null ? c.json(buckets.unknown(asked), 404) : answer(c, bucket);
        };
      app.get('/buckets', (c) => c.json(buckets.names()));
      app.get('/panel', about(panel));
      app.get(
        '/versions',
        about((c, bucket) => {
          const { state, lastGood } = cache.status(keyOf(bucket));
          const inForce = state === 'unavailable' ? null : (lastGood?.version ?? null);
          return c.json(versions.of(keyOf(bucket)).map((one) => versionLine(one, inForce)));
        }),
      );
      app.get('/diff', about(diff));
      if (traffic) app.get('/traffic', (c) => c.json(traffic()));
      app.get('/events', events);
    },
    changed(bucket) {
      const { lastGood } = cache.status(keyOf(bucket), bucket);
      if (lastGood !== null) versions.record(keyOf(bucket), lastGood);
      streams.send({ event: 'rules', data: { bucket: bucket.name } });
    },
    close() {
      clearInterval(reporting);
      streams.close();
    },
  };
}
