import type { Context, Hono } from 'hono';
import type { Refusals } from '../rules/refusals.ts';
import { keyOf, type RuledBucket } from '../rules/ruled-bucket.ts';
import type { RefusalList, Traffic } from './api.ts';
import { limitBody, readJson } from './body.ts';
import type { Buckets } from './buckets.ts';
import { createCures } from './cures.ts';
import { createFeed } from './feed.ts';
import { isForeignPage, senderOf } from './foreign-page.ts';
import type { Answer, PanelAnswers, PanelOptions } from './panel-answers.ts';
import { createStreams, type StreamsOptions } from './streams.ts';

export interface LiveOptions extends PanelOptions {
  readonly refusals: Pick<Refusals, 'read' | 'dropped'>;
  /** Returns a bucket by the name that refusals have. */
  readonly bucketOf: (name: string) => RuledBucket | null;
  /** Returns the counts of the last hour; absent: no process has the counts of all. */
  readonly traffic?: () => Traffic;
  readonly streams?: StreamsOptions;
  /** Ends the connection of a request. */
  readonly disconnect?: (c: Context) => void;
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

/** Milliseconds between two looks for new refusals. */
const TICK = 1_000;
const EVENT_STREAM = { 'Content-Type': 'text/event-stream; charset=utf-8' };

/** Opens what the live page reads. */
export function createLive(options: LiveOptions): Live {
  const { cache, versions, refusals, bucketOf, traffic } = options;
  const streams = createStreams(options.streams);
  const feed = createFeed({
    streams,
    refusals,
    cures: createCures(),
    rulesOf: (name) => {
      const bucket = bucketOf(name);
      return bucket && { behaviour: bucket.behaviour, status: cache.status(keyOf(bucket)) };
    },
    ...(traffic !== undefined && { traffic }),
  });
  const ticking = setInterval(feed.tick, TICK);

  // What only a person at the page asks for is loaded then: an edge that runs by itself does without.
  const panelAnswer =
    (name: keyof PanelAnswers): Answer =>
    async (c, bucket) =>
      (await import('./panel-answers.ts')).panelAnswers(options)[name](c, bucket);

  const ask: Answer = async (c, bucket) => {
    const { askAbout } = await import('./ask.ts');
    const body = await readJson(c);
    const asked = body.ok ? askAbout(await cache.current(bucket), body.value) : body;
    return asked.ok ? c.json(asked.value) : c.json({ faults: asked.faults }, 400);
  };

  function events(c: Context) {
    if (c.req.method === 'HEAD') return c.body(null, 200, EVENT_STREAM);
    const client = streams.open(() => options.disconnect?.(c));
    if (client === null) {
      const error = 'as many pages read events as may: close one';
      return c.json({ error }, 503, { 'Retry-After': '5' });
    }
    feed.begin(client.send);
    return c.body(client.body, 200, EVENT_STREAM);
  }

  return {
    routes(app, buckets) {
      const about = (answer: Answer) => (c: Context) => {
        const asked = c.req.query('bucket');
        const bucket = buckets.one(asked);
        return bucket === null ? c.json(buckets.unknown(asked), 404) : answer(c, bucket);
      };
      const written = (answer: Answer) => (c: Context) =>
        isForeignPage(senderOf(c))
          ? c.json({ error: 'not for pages of other origins' }, 403)
          : about(answer)(c);
      app.get('/buckets', (c) => c.json(buckets.names()));
      app.get('/panel', about(panelAnswer('panel')));
      app.put('/panel', limitBody, written(panelAnswer('save')));
      app.get('/versions', about(panelAnswer('versions')));
      app.get('/diff', about(panelAnswer('diff')));
      app.post('/draft', limitBody, written(panelAnswer('draft')));
      app.post('/ask', limitBody, written(ask));
      app.get('/refusals', (c) => c.json<RefusalList>({ groups: feed.read(), dropped: refusals.dropped() }));
      if (traffic) app.get('/traffic', (c) => c.json(traffic()));
      app.get('/events', events);
    },
    changed(bucket) {
      const { lastGood } = cache.status(keyOf(bucket), bucket);
      if (lastGood !== null) versions.record(keyOf(bucket), lastGood);
      feed.changed(bucket.name);
    },
    close() {
      clearInterval(ticking);
      streams.close();
    },
  };
}
