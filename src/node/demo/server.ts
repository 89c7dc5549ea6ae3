import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { PageFile } from '../files/page.ts';
import { answersTo, reachOf } from '../reach.ts';
import { appListener } from '../server/app-listener.ts';
import { OPERATOR_CROWD } from '../server/crowd.ts';
import { listen } from '../server/listen.ts';
import { readPage } from './page.ts';
import { readWire, wire } from './wire.ts';

/** A request that a page of `origin` wants to make, and that the demo page asks about. */
export interface DemoFacts {
  readonly origin?: string;
  /** The method of the actual request, also if a preflight precedes it. */
  readonly method: string;
  /** Set if a preflight precedes the request: its Access-Control-Request-Headers, '' without that header. */
  readonly requestHeaders?: string;
  readonly path: string;
}

export interface DemoOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** On loopback: values of Host to accept besides localhost. Elsewhere every Host is accepted. */
  readonly names?: readonly string[];
  /** The edge's URL in a browser, such as `http://127.0.0.1:8080`. */
  readonly edge: string;
  /** The admin port's URL, where the live page is; null on Workers. */
  readonly admin: string | null;
  /** Returns the version of the rules in force; null without rules. */
  readonly version: () => string | null | Promise<string | null>;
  /** Explains the decision of the rules in force; the page shows the result. */
  readonly explain: (facts: DemoFacts) => unknown;
}

export interface Demo {
  /** The page's URL, without a slash at the end. */
  readonly url: string;
  /** Stops listening and ends open connections. */
  close(): Promise<void>;
}

/**
 * Serves the demo page from another origin than the edge's, so that its requests are cross-origin. Rejects with Node's error
 * if it cannot listen: `EADDRINUSE` if the port is in use.
 */
export async function openDemo({ host, port, names = [], ...about }: DemoOptions): Promise<Demo> {
  const app = demoApp(await readPage(), about);
  const reach = await reachOf(host);
  const own = reach === 'loopback' ? answersTo(reach, [host, ...names]) : undefined;
  const { url, close } = await listen(
    appListener(app, { answersTo: own }),
    { host, port },
    { crowd: OPERATOR_CROWD },
  );
  return { url, close: () => close(0) };
}

function demoApp(
  files: ReadonlyMap<string, PageFile>,
  { edge, admin, version, explain }: Omit<DemoOptions, 'host' | 'port' | 'names'>,
): Hono {
  const app = new Hono();
  const guard = contentSecurity(edge);

  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Content-Security-Policy', guard);
  });

  app.get('/config.json', async (c) => c.json({ edge, admin, version: await version() }));

  app.get('/why', async (c) => {
    const { method, headers, path, origin } = c.req.query();
    if (!method || !path?.startsWith('/'))
      return c.json({ message: 'Write method= and path=; the path begins with /.' }, 400);
    const facts = {
      method,
      path,
      ...(origin ? { origin } : {}),
      ...(headers === undefined ? {} : { requestHeaders: headers }),
    };
    return c.json((await explain(facts)) as object);
  });

  app.post('/wire', bodyLimit({ maxSize: 8_192 }), async (c) => {
    // A page of another site can send text/plain without a preflight; for JSON it needs one, and this port grants none.
    if (c.req.header('Content-Type')?.split(';')[0]?.trim() !== 'application/json')
      return c.json({ message: 'Send application/json.' }, 415);
    const asked = readWire(await c.req.json().catch(() => null));
    if (typeof asked === 'string') return c.json({ message: asked }, 400);
    try {
      return c.json(await wire(edge, asked));
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

/** The Content-Security-Policy: the page loads its own files and objects from the edge, and nothing else. */
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
