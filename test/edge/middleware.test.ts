import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { HTTPException } from 'hono/http-exception';
import { requestId } from 'hono/request-id';
import { describe, expect, test } from 'vitest';
import { bucketCors } from '../../src/middleware.ts';
import { A, EVERYBODY, EVERYBODY_HEADERS, ONE_ORIGIN, ONE_ORIGIN_HEADERS, STRANGER } from '../suite/sets.ts';
import { ASKING, appWith, corsHeadersOf, type Handler } from './_middleware.ts';

const fails = (error: unknown): Handler => {
  return () => {
    throw error;
  };
};

const immutable = async (headers: Record<string, string>): Promise<Response> => {
  const fetched = await fetch(`data:text/plain,the object`);
  for (const [name, text] of Object.entries(headers))
    expect(() => fetched.headers.set(name, text)).toThrow(TypeError);
  return fetched;
};

const ANSWERS: readonly [name: string, status: number, handler: Handler][] = [
  ['an object', 200, (c) => c.text('the object')],
  ['a part of an object', 206, () => new Response('part', { status: 206 })],
  ['an answer without a body', 204, () => new Response(null, { status: 204 })],
  ['a 304', 304, () => new Response(null, { status: 304, headers: { ETag: '"a"' } })],
  ['a redirect by Hono', 302, (c) => c.redirect('/other')],
  ['a redirect with immutable headers', 307, () => Response.redirect('http://b.example/', 307)],
  ['a fetched response with immutable headers', 200, () => immutable({ ETag: '"a"' })],
  ['a 404 of the handler', 404, (c) => c.text('no such key', 404)],
  ['the response of notFound', 404, (c) => Promise.resolve(c.notFound())],
  ['a thrown error', 500, fails(new Error('thrown on purpose'))],
  ['an HTTPException', 403, fails(new HTTPException(403, { message: 'no' }))],
  [
    'an HTTPException with a response',
    401,
    fails(new HTTPException(401, { res: new Response('no', { status: 401 }) })),
  ],
  [
    'a response with CORS headers',
    200,
    () => new Response('', { headers: { 'Access-Control-Allow-Origin': '*', 'access-control-foo': 'x' } }),
  ],
];

describe('bucketCors writes the CORS headers of the rules', () => {
  test.each(ANSWERS)('on %s', async (_, status, handler) => {
    const app = appWith(handler);
    app.onError((error, c) =>
      error instanceof HTTPException ? error.getResponse() : c.text('it failed', 500),
    );
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
      const allowed = await app.request('/key', { method, headers: { Origin: A } });
      expect(allowed.status).toBe(status);
      expect(corsHeadersOf(allowed), method).toEqual({ ...ONE_ORIGIN_HEADERS, vary: 'Origin' });
      const refused = await app.request('/key', { method, headers: { Origin: STRANGER } });
      expect(refused.status).toBe(status);
      expect(corsHeadersOf(refused), method).toEqual({ vary: 'Origin' });
    }
  });

  test('on a path without a handler, also if the notFound handler of the app throws', async () => {
    const app = new Hono().use(bucketCors({ rules: EVERYBODY }));
    const missing = await app.request('/nothing');
    expect(missing.status).toBe(404);
    expect(corsHeadersOf(missing)).toEqual(EVERYBODY_HEADERS);
    app.notFound(() => {
      throw new HTTPException(410);
    });
    for (const before of [app, new Hono().use((_, next) => next()).route('/', app)]) {
      const thrown = await before.request('/nothing');
      expect(corsHeadersOf(thrown)).toEqual(EVERYBODY_HEADERS);
    }
  });

  test('on objects and preflights, also if hono/cors runs after it', async () => {
    const app = new Hono()
      .use(bucketCors({ rules: ONE_ORIGIN }))
      .use(cors({ origin: STRANGER, credentials: true, exposeHeaders: ['X-Mine'] }))
      .all('/key', (c) => c.text('the object'));
    for (const origin of [A, STRANGER]) {
      const answered = await app.request('/key', { headers: { Origin: origin } });
      expect(corsHeadersOf(answered)).toEqual({ ...(origin === A && ONE_ORIGIN_HEADERS), vary: 'Origin' });
    }
    const asked = await app.request('/key', { method: 'OPTIONS', headers: ASKING });
    expect(asked.headers.get('access-control-allow-origin')).toBe(A);
    expect(asked.headers.has('access-control-allow-credentials')).toBe(false);
  });

  test.each([
    ['Accept-Encoding, Origin', 'Accept-Encoding, Origin', 'Accept-Encoding'],
    ['origin', 'Origin', null],
    ['*', '*', '*'],
  ])('and merges them into the Vary "%s" of a handler', async (own, depends, constant) => {
    const handler: Handler = () => new Response('', { headers: { Vary: own } });
    const headers = { Origin: A };
    const one = await appWith(handler).request('/key', { headers });
    expect(one.headers.get('vary')).toBe(depends);
    const all = await appWith(handler, { rules: EVERYBODY }).request('/key', { headers });
    expect(all.headers.get('vary')).toBe(constant);
  });

  test('and leaves all other headers unchanged: cookies, headers of outer middleware, Connection', async () => {
    const app = new Hono()
      .use(requestId())
      .use(bucketCors({ rules: ONE_ORIGIN }))
      .all('/key', (c) => {
        c.header('Set-Cookie', 'a=1');
        c.header('Set-Cookie', 'b=2', { append: true });
        c.header('Connection', 'close');
        c.header('Cache-Control', 'max-age=60');
        return c.body('the object', 200, { 'Content-Type': 'text/x', 'Content-Length': '10' });
      });
    const { headers } = await app.request('/key', { headers: { Origin: A } });
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(Object.fromEntries(headers)).toMatchObject({
      connection: 'close',
      'cache-control': 'max-age=60',
      'content-type': 'text/x',
      'content-length': '10',
      'x-request-id': expect.any(String),
    });
    const asked = await app.request('/key', { method: 'OPTIONS', headers: ASKING });
    expect(asked.headers.get('x-request-id')).not.toBeNull();
  });

  test('and passes on commands of the handler to a proxy in front', async () => {
    const commands = { 'x-accel-redirect': '/internal/a', 'x-accel-expires': '60', 'x-sendfile': '/a' };
    const answered = await appWith((c) => c.text('', 200, commands)).request('/key');
    for (const [name, text] of Object.entries(commands)) expect(answered.headers.get(name)).toBe(text);
  });

  test('on a copy for each client of a response that a handler returns twice', async () => {
    const shared = new Response(null, { status: 404 });
    const app = appWith(() => shared);
    const [one, other] = await Promise.all(
      [A, STRANGER].map((origin) => app.request('/key', { headers: { Origin: origin } })),
    );
    expect(one?.headers.get('access-control-allow-origin')).toBe(A);
    expect(other?.headers.get('access-control-allow-origin')).toBeNull();
    expect([...shared.headers]).toEqual([]);
  });

  test('and streams the body unread', async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          pulled += 1;
          controller.enqueue(new Uint8Array([pulled]));
        },
      },
      { highWaterMark: 0 },
    );
    const answered = await appWith(() => new Response(body)).request('/key');
    expect(pulled).toBe(0);
    const reader = answered.body?.getReader();
    expect(await reader?.read()).toEqual({ done: false, value: new Uint8Array([1]) });
    expect(pulled).toBe(1);
    await reader?.cancel();
  });
});

describe('bucketCors answers preflights', () => {
  test('without calling a handler', async () => {
    const seen: string[] = [];
    const app = appWith((c) => {
      seen.push(c.req.method);
      return c.text('');
    });
    const allowed = await app.request('/key', { method: 'OPTIONS', headers: ASKING });
    expect(allowed.status).toBe(200);
    expect(await allowed.text()).toBe('');
    expect(allowed.headers.get('content-length')).toBe('0');
    expect(allowed.headers.get('content-type')).toBeNull();
    expect(allowed.headers.get('access-control-allow-origin')).toBe(A);
    const refused = await app.request('http://files.example/key', {
      method: 'OPTIONS',
      headers: { ...ASKING, Origin: STRANGER },
    });
    expect(refused.status).toBe(403);
    const body = await refused.text();
    expect(body).toContain('<Reason>origin_not_allowed</Reason>');
    expect(body).toContain('<HostId>files.example</HostId>');
    expect(seen).toEqual([]);
  });

  test('on its own paths only, not on those of other handlers', async () => {
    const app = new Hono()
      .use('/files/*', bucketCors({ rules: ONE_ORIGIN }))
      .options('/api', (c) => c.text('mine'));
    expect(await (await app.request('/api', { method: 'OPTIONS', headers: ASKING })).text()).toBe('mine');
    const asked = await app.request('/files/key', { method: 'OPTIONS', headers: ASKING });
    expect(asked.status).toBe(200);
  });

  test('and replaces the debug header of a handler by its own reason with debugReason, or removes it', async () => {
    const handler: Handler = (c) => c.text('', 200, { 'x-bucket-cors-reason': 'forged' });
    const rules = ONE_ORIGIN;
    const withReason = await appWith(handler, { rules, debugReason: true }).request('/key');
    expect(withReason.headers.get('x-bucket-cors-reason')).toBe('not_cors');
    const without = await appWith(handler, { rules }).request('/key');
    expect(without.headers.get('x-bucket-cors-reason')).toBeNull();
  });
});
