import { Hono } from 'hono/tiny';
import type { RulesCache } from '../rules/cache.ts';
import type { RulesStatus } from '../rules/record.ts';
import { refreshLoaded } from '../rules/refresh.ts';
import { keyOf, type RuledBucket } from '../rules/ruled-bucket.ts';
import { type BucketsOptions, findBuckets } from './buckets.ts';
import { explainRequest } from './explain.ts';
import { isForeignPage, senderOf } from './foreign-page.ts';
import { type AdminTokens, guard } from './guard.ts';
import type { Live } from './live.ts';
import { PAGE_HEADERS, type Page } from './page-headers.ts';
import { probesOf } from './probes.ts';
import { describeRules } from './rules.ts';

export interface AdminOptions extends BucketsOptions {
  /** Returns the buckets whose rules are loaded before the first request. */
  readonly preloaded: () => readonly RuledBucket[];
  readonly cache: RulesCache;
  /** Absent: no path needs a token. */
  readonly tokens?: AdminTokens;
  /** Whether the edge accepts connections. */
  readonly listening: () => boolean;
  /** Whether the edge is about to end: it serves on, and load balancers are to send no more requests. */
  readonly ending?: () => boolean;
  /** Whether the process that serves clients responds, or at least one worker process; true unless given. */
  readonly answering?: () => boolean;
  /** Returns why last good rules would not survive a restart, one line each. */
  readonly problems?: () => readonly string[];
  /** Returns what else must be there before `/readyz` answers `ready`, one line each. */
  readonly missing?: () => readonly string[];
  /** Absent: no `/metrics`, because no process has the counts of all. */
  readonly metrics?: () => Promise<{ type: string; text: string }>;
  /** Awaited before `/readyz` answers, on platforms that load no rules before the first request. Never rejects. */
  readonly beforeReady?: () => Promise<void>;
  /** Loads rules again when `/refresh` names no bucket; `refreshLoaded` unless given. */
  readonly refresh?: (cache: RulesCache, buckets: readonly RuledBucket[]) => Promise<void>;
  /** Called for `/refresh` with the key of one bucket, or null for all, to notify other processes. */
  readonly onRefresh?: (bucket: string | null) => void;
  /** What the live page reads; without it those paths are not found. */
  readonly live?: Live;
  /** Returns a file of the live page by its path. */
  readonly page?: Page;
  /** Called with a defect of this program, which the client gets as 500. */
  readonly onError?: (error: unknown) => void;
}

/** Returns the admin API for operators as a Hono app. It sends no CORS headers. Serve it on a separate port. */
export function createAdmin(options: AdminOptions): Hono {
  const { cache, beforeReady, refresh = refreshLoaded } = options;
  const probe = probesOf(options);
  const found = findBuckets(options);
  const app = new Hono();
  // Hono's own handler writes the stack to stderr, between the lines of the log.
  app.onError((error, c) => {
    options.onError?.(error);
    return c.json({ error: 'the admin port failed on this request', cure: 'See the log.' }, 500);
  });
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
    c.header('X-Content-Type-Options', 'nosniff');
  });
  // RFC 9110 §9.3.7. HAProxy's default HTTP health check sends OPTIONS, without a token; the answer is the same for all.
  app.options('*', (c) => c.body(null, 204, { Allow: 'GET, HEAD, POST, PUT, OPTIONS' }));
  if (options.tokens !== undefined) app.use(guard(options.tokens));
  // The router of `hono/tiny` takes `/metrics/` for `/metrics`.
  app.use((c, next) => (/.\/$/.test(c.req.path) ? Promise.resolve(c.notFound()) : next()));
  app.get('/healthz', (c) => {
    const { status, body } = probe('/healthz');
    return c.json(body, status);
  });
  app.get('/readyz', async (c) => {
    const query = new URL(c.req.url).search;
    if (query !== '' && !/^\?serving=?$/.test(query)) return c.json(UNKNOWN_PROBE, 400);
    if (query === '') await beforeReady?.();
    const { status, body } = probe(query === '' ? '/readyz' : '/readyz?serving');
    return c.json(body, status);
  });
  app.get('/rules', (c) => {
    const asked = c.req.query('bucket');
    const asking = found.all(asked);
    if (asking.length === 0) return c.json(found.unknown(asked), 404);
    return c.json({ buckets: asking.map((bucket) => describeRules(bucket, cache.status(keyOf(bucket)))) });
  });
  app.get('/explain', async (c) => {
    const { bucket: asked, ...query } = c.req.query();
    const bucket = found.one(asked);
    if (bucket === null) return c.json(found.unknown(asked), 404);
    const explained = explainRequest(await cache.current(bucket), query);
    return c.json({ bucket: bucket.name, ...explained }, 'faults' in explained ? 400 : 200);
  });
  app.post('/refresh', async (c) => {
    if (isForeignPage(senderOf(c))) return c.json({ error: 'not for pages of other origins' }, 403);
    const asked = c.req.query('bucket');
    const asking = found.all(asked, true);
    if (asking.length === 0) return c.json(found.unknown(asked), 404);
    for (const bucket of asked === undefined ? [null] : asking) {
      options.onRefresh?.(bucket === null ? null : keyOf(bucket));
    }
    if (asked === undefined) await refresh(cache, asking);
    else await Promise.all(asking.map((bucket) => cache.refresh(bucket)));
    return c.json({
      buckets: asking.map((bucket) => ({ bucket: bucket.name, ...outcomeOf(cache.status(keyOf(bucket))) })),
    });
  });
  const { metrics } = options;
  if (metrics !== undefined) {
    app.get('/metrics', async (c) => {
      const { type, text } = await metrics();
      return c.body(text, 200, { 'Content-Type': type });
    });
  }
  options.live?.routes(app, found);
  app.notFound((c) => {
    const file = c.req.method === 'GET' || c.req.method === 'HEAD' ? options.page?.(c.req.path) : null;
    if (file) return c.body(file.body, 200, { ...PAGE_HEADERS, 'Content-Type': file.type });
    return c.json(
      { error: `there is no ${c.req.path} here`, paths: [...new Set(app.routes.flatMap(listed))] },
      404,
    );
  });
  return app;
}

const UNKNOWN_PROBE = {
  error: 'there is no such probe',
  cure: 'Write /readyz for the state of the rules too, or /readyz?serving for whether objects can flow.',
};

const outcomeOf = ({ state, lastGood, failure }: RulesStatus) => ({
  state,
  version: lastGood?.version ?? null,
  ...(failure !== null && { cause: failure.cause, cure: failure.cure }),
});

const listed = ({ method, path }: { method: string; path: string }): string[] =>
  method === 'ALL' || method === 'OPTIONS' ? [] : [`${method} ${path}`];
