import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { answersTo, reachOf } from '../reach.ts';
import { appListener } from '../server/app-listener.ts';
import { OPERATOR_CROWD } from '../server/crowd.ts';
import { listen } from '../server/listen.ts';
import { type PageFile, readPage } from './page.ts';
import { readWire, wire } from './wire.ts';

/** What the page asks about: a request that a page of `origin` wants to make. */
export interface DemoFacts {
  readonly origin?: string;
  /** The method of the actual request, also where a preflight comes first. */
  readonly method: string;
  /** Given when a preflight comes first: what it names in Access-Control-Request-Headers, '' for none. */
  readonly requestHeaders?: string;
  readonly path: string;
}

export interface DemoOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Host names that it answers under on loopback, besides localhost; beyond loopback it answers under every one. */
  readonly names?: readonly string[];
  /** Where a browser reaches the edge, such as `http://127.0.0.1:8080`. */
  readonly edge: string;
  /** Says how the rules in force judge a request; the page shows what comes back. */
  readonly explain: (facts: DemoFacts) => unknown;
}

export interface Demo {
  /** Where the page is, without a slash at the end. */
  readonly url: string;
  /** Stops listening and ends open connections. */
  close(): Promise<void>;
}

/**
 * Serves the demo page, from an origin other than the edge's, so that a browser has something to ask about.
 *
 * @throws node's own error when it can't listen, `EADDRINUSE` when the port is taken
 */
export async function openDemo({ host, port, names = [], edge, explain }: DemoOptions): Promise<Demo> {
  const app = demoApp(await readPage(), edge, explain);
  const reach = await reachOf(host);
  const own = reach === 'loopback' ? answersTo(reach, [host, ...names]) : undefined;
  const { url, close } = await listen(appListener(app, own), { host, port }, { crowd: OPERATOR_CROWD });
  return { url, close: () => close(0) };
}

function demoApp(files: ReadonlyMap<string, PageFile>, edge: string, explain: DemoOptions['explain']): Hono {
  const app = new Hono();
  const guard = contentSecurity(edge);

  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Content-Security-Policy', guard);
  });

  app.get('/config.json', (c) => c.json({ edge }));

  app.get('/why', async (c) => {
    const { method, headers, path, origin } = c.req.query();
    if (!method || !path?.startsWith('/'))
      return c.json({ message: 'Say method= and path=, which begins with /.' }, 400);
    const asked = {
      method,
      path,
      ...(origin ? { origin } : {}),
      ...(headers === undefined ? {} : { requestHeaders: headers }),
    };
    return c.json((await explain(asked)) as object);
  });

  app.post('/wire', bodyLimit({ maxSize: 8_192 }), async (c) => {
    // Another site's page can send plain text here unasked; JSON needs a preflight, which nobody grants.
    if (c.req.header('Content-Type')?.split(';')[0]?.trim() !== 'application/json')
      return c.json({ message: 'Send application/json.' }, 415);
    const wish = readWire(await c.req.json().catch(() => null));
    if (typeof wish === 'string') return c.json({ message: wish }, 400);
    try {
      return c.json(await wire(edge, wish));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
      return c.json({ message: `The edge at ${edge} gave no answer${code}.` }, 502);
    }
  });

  app.get('*', (c) => {
    const file = files.get(c.req.path);
    return file ? c.body(file.body, 200, { 'Content-Type': file.type }) : c.notFound();
  });

  return app;
}

/** The page may load its own files and what lies behind the edge, and nothing else. */
function contentSecurity(edge: string): string {
  const { origin } = new URL(edge);
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self' data: ${origin}`,
    `font-src ${origin}`,
    `connect-src 'self' ${origin}`,
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}
