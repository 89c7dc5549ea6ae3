import type { Context } from 'hono';
import { Hono } from 'hono/tiny';
import type { RulesCache } from '../rules/cache.ts';
import type { RulesStatus } from '../rules/record.ts';
import { refreshLoaded } from '../rules/refresh.ts';
import { keyOf, type RuledBucket } from '../rules/ruled-bucket.ts';
import { explainRequest } from './explain.ts';
import { isForeignPage } from './foreign-page.ts';
import { type AdminTokens, guard } from './guard.ts';
import { isReady, readiness, serving } from './ready.ts';
import { describeRules } from './rules.ts';

export interface AdminOptions {
  /** Returns the buckets that are served now. */
  readonly buckets: () => readonly RuledBucket[];
  /**
   * Returns a bucket that is served under this name and is not among `buckets`: its rules were not found yet. `open`: also
   * if no request has named it.
   */
  readonly named?: (name: string, open: boolean) => RuledBucket | null;
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
}

/** Returns the admin API for operators as a Hono app. It sends no CORS headers. Serve it on a separate port. */
export function createAdmin(options: AdminOptions): Hono {
  const { buckets, cache, beforeReady, answering = () => true, refresh = refreshLoaded } = options;
  /** The buckets with a name, or all buckets without one. */
  const named = (asked: string | undefined, open = false): readonly RuledBucket[] => {
    if (asked === undefined) return buckets();
    const found = buckets().filter(({ name }) => name === asked);
    const other = found.length === 0 ? options.named?.(asked, open) : null;
    return other ? [other] : found;
  };
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
    c.header('X-Content-Type-Options', 'nosniff');
  });
  if (options.tokens !== undefined) app.use(guard(options.tokens));
  // The router of `hono/tiny` takes `/metrics/` for `/metrics`.
  app.use((c, next) => (/.\/$/.test(c.req.path) ? Promise.resolve(c.notFound()) : next()));
  // RFC 9110 §9.3.7. HAProxy's default HTTP health check sends OPTIONS.
  app.options('*', (c) => c.body(null, 204, { Allow: 'GET, HEAD, POST, OPTIONS' }));
  app.get('/healthz', (c) =>
    answering() ? c.json({ status: 'alive' }) : c.json({ status: 'no worker process answers' }, 503),
  );
  app.get('/readyz', async (c) => {
    const query = new URL(c.req.url).search;
    if (query !== '' && !/^\?serving=?$/.test(query)) return c.json(UNKNOWN_PROBE, 400);
    if (query === '') await beforeReady?.();
    const ready = query === '' ? readiness(options) : serving(options);
    return c.json(ready, isReady(ready) ? 200 : 503);
  });
  app.get('/rules', (c) => {
    const asked = c.req.query('bucket');
    const found = named(asked);
    if (found.length === 0) return c.json(unknownBucket(asked, buckets()), 404);
    return c.json({ buckets: found.map((bucket) => describeRules(bucket, cache.status(keyOf(bucket)))) });
  });
  app.get('/explain', async (c) => {
    const { bucket: asked, ...query } = c.req.query();
    const found = named(asked);
    const bucket = found.length === 1 || asked !== undefined ? (found[0] ?? null) : null;
    if (bucket === null) return c.json(unknownBucket(asked, buckets()), 404);
    const explained = explainRequest(await cache.current(bucket), query);
    return c.json({ bucket: bucket.name, ...explained }, 'faults' in explained ? 400 : 200);
  });
  app.post('/refresh', async (c) => {
    if (isForeignPage(senderOf(c))) return c.json({ error: 'not for pages of other origins' }, 403);
    const asked = c.req.query('bucket');
    const found = named(asked, true);
    if (found.length === 0) return c.json(unknownBucket(asked, buckets()), 404);
    for (const bucket of asked === undefined ? [null] : found) {
      options.onRefresh?.(bucket === null ? null : keyOf(bucket));
    }
    if (asked === undefined) await refresh(cache, found);
    else await Promise.all(found.map((bucket) => cache.refresh(bucket)));
    return c.json({
      buckets: found.map((bucket) => ({ bucket: bucket.name, ...outcomeOf(cache.status(keyOf(bucket))) })),
    });
  });
  const { metrics } = options;
  if (metrics !== undefined) {
    app.get('/metrics', async (c) => {
      const { type, text } = await metrics();
      return c.body(text, 200, { 'Content-Type': type });
    });
  }
  app.notFound((c) =>
    c.json({ error: `there is no ${c.req.path} here`, paths: app.routes.flatMap(listed) }, 404),
  );
  return app;
}

const senderOf = ({ req }: Context) => ({
  origin: req.header('Origin'),
  site: req.header('Sec-Fetch-Site'),
  host: req.header('Host'),
});

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

const MAX_NAMES = 20;

const unknownBucket = (asked: string | undefined, buckets: readonly RuledBucket[]) => ({
  error: asked === undefined ? 'name a bucket: ?bucket=NAME' : `there is no bucket ${asked}`,
  buckets: buckets.slice(0, MAX_NAMES).map(({ name }) => name),
});
