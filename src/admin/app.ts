import { Hono } from 'hono';
import type { RulesCache } from '../rules/cache.ts';
import type { RulesStatus } from '../rules/record.ts';
import { refreshLoaded } from '../rules/refresh.ts';
import { keyOf, type RuledBucket } from '../rules/ruled-bucket.ts';
import { explainRequest } from './explain.ts';
import { readiness } from './ready.ts';
import { describeRules } from './rules.ts';

export interface AdminOptions {
  /** Those that are served now. */
  readonly buckets: () => readonly RuledBucket[];
  /** The buckets whose rules are loaded before the first request. */
  readonly preloaded: () => readonly RuledBucket[];
  readonly cache: RulesCache;
  /** Whether the edge accepts connections. */
  readonly listening: () => boolean;
  /** Whether what serves clients answers; true unless given. */
  readonly answering?: () => boolean;
  /** Why last good rules would not outlive the process, a line each. */
  readonly problems?: () => readonly string[];
  /** Without it there is no `/metrics`: no process counts for all. */
  readonly metrics?: () => Promise<{ type: string; text: string }>;
  /** Awaited before `/readyz` answers, where no rules are loaded ahead of requests. Never rejects. */
  readonly beforeReady?: () => Promise<void>;
  /** Loads rules again when `/refresh` names no bucket; `refreshLoaded` unless given. */
  readonly refresh?: (cache: RulesCache, buckets: readonly RuledBucket[]) => Promise<void>;
  /** Called for `/refresh` with the key of one bucket, or null for all, to notify other processes. */
  readonly onRefresh?: (bucket: string | null) => void;
}

/** What operators and their machines ask. It has no CORS headers and belongs on a port of its own. */
export function createAdmin(options: AdminOptions): Hono {
  const { buckets, cache, beforeReady, answering = () => true, refresh = refreshLoaded } = options;
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
    c.header('X-Content-Type-Options', 'nosniff');
  });
  // RFC 9110 §9.3.7; what HAProxy asks in its plain health check.
  app.options('*', (c) => c.body(null, 204, { Allow: 'GET, HEAD, POST, OPTIONS' }));
  app.get('/healthz', (c) =>
    answering() ? c.json({ status: 'alive' }) : c.json({ status: 'no worker process answers' }, 503),
  );
  app.get('/readyz', async (c) => {
    await beforeReady?.();
    const ready = readiness(options);
    return c.json(ready, ready.status === 'not ready' ? 503 : 200);
  });
  app.get('/rules', (c) => {
    const asked = c.req.query('bucket');
    const found = named(asked, buckets());
    if (found.length === 0) return c.json(unknownBucket(asked, buckets()), 404);
    return c.json({ buckets: found.map((bucket) => describeRules(bucket, cache.status(keyOf(bucket)))) });
  });
  app.get('/explain', async (c) => {
    const { bucket: asked, ...query } = c.req.query();
    const bucket = findBucket(asked, buckets());
    if (bucket === null) return c.json(unknownBucket(asked, buckets()), 404);
    const explained = explainRequest(await cache.current(bucket), query);
    return c.json({ bucket: bucket.name, ...explained }, 'faults' in explained ? 400 : 200);
  });
  app.post('/refresh', async (c) => {
    // Any page can have a browser send a POST here.
    if (isFromPage(c.req.header('Origin'), c.req.header('Sec-Fetch-Site')))
      return c.json({ error: 'not for pages' }, 403);
    const asked = c.req.query('bucket');
    const found = named(asked, buckets());
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

/** A browser names the page's origin, or says of which site it is; `none` is a person's own request. */
const isFromPage = (origin: string | undefined, site: string | undefined): boolean =>
  origin !== undefined || (site !== undefined && site !== 'none');

/** All of them where none is named. */
const named = (asked: string | undefined, buckets: readonly RuledBucket[]): readonly RuledBucket[] =>
  asked === undefined ? buckets : buckets.filter(({ name }) => name === asked);

const outcomeOf = ({ state, lastGood, failure }: RulesStatus) => ({
  state,
  version: lastGood?.version ?? null,
  ...(failure !== null && { cause: failure.cause, cure: failure.cure }),
});

const listed = ({ method, path }: { method: string; path: string }): string[] =>
  method === 'ALL' || method === 'OPTIONS' ? [] : [`${method} ${path}`];

/** The only bucket need not be named. */
function findBucket(name: string | undefined, buckets: readonly RuledBucket[]): RuledBucket | null {
  if (name === undefined) return buckets.length === 1 ? (buckets[0] ?? null) : null;
  return buckets.find((bucket) => bucket.name === name) ?? null;
}

const NAMES_TOLD = 20;

const unknownBucket = (asked: string | undefined, buckets: readonly RuledBucket[]) => ({
  error: asked === undefined ? 'name a bucket: ?bucket=NAME' : `there is no bucket ${asked}`,
  buckets: buckets.slice(0, NAMES_TOLD).map(({ name }) => name),
});
