import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Demo, openDemo } from '../../src/node/demo/server.ts';

describe("the demo page's server", () => {
  let edge: Server;
  let demo: Demo;
  const seen: string[] = [];

  beforeAll(async () => {
    edge = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.origin}`);
      response.writeHead(200, ['Vary', 'Origin', 'X-Twice', 'a', 'X-Twice', 'b']);
      response.end('x'.repeat(100_000));
    });
    edge.listen(0, '127.0.0.1');
    await once(edge, 'listening');
    demo = await openDemo({
      host: '127.0.0.1',
      port: 0,
      edge: `http://127.0.0.1:${(edge.address() as AddressInfo).port}`,
      explain: (facts) => ({ facts }),
    });
  });

  afterAll(async () => {
    await demo.close();
    edge.closeAllConnections();
    edge.close();
  });

  const wire = (body: unknown, type = 'application/json') =>
    fetch(`${demo.url}/wire`, {
      method: 'POST',
      headers: { 'Content-Type': type },
      body: JSON.stringify(body),
    });

  test.each([
    ['/', 'text/html; charset=utf-8'],
    ['/demo.js', 'text/javascript; charset=utf-8'],
    ['/demo.css', 'text/css; charset=utf-8'],
    ['/icon.svg', 'image/svg+xml'],
  ])('serves %s as %s, and lets the page load from itself and the edge only', async (path, type) => {
    const response = await fetch(demo.url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe(type);
    expect(response.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    await response.text();
  });

  test('reports the head of an answer as it came, repeated headers repeated', async () => {
    const response = await wire({ method: 'GET', path: '/a?b', headers: { origin: 'http://o' } });
    const answer = (await response.json()) as { status: number; headers: string[][] };
    expect(answer.status).toBe(200);
    expect(answer.headers.slice(0, 3)).toEqual([
      ['Vary', 'Origin'],
      ['X-Twice', 'a'],
      ['X-Twice', 'b'],
    ]);
    expect(seen).toContain('GET /a?b http://o');
  });

  test.each(['//elsewhere.example/', '/\\elsewhere.example/', '/@elsewhere.example/'])(
    'asks the edge and nobody else for %s',
    async (path) => {
      const before = seen.length;
      const response = await wire({ method: 'GET', path, headers: {} });
      expect(response.status).toBe(200);
      expect(seen.length).toBe(before + 1);
    },
  );

  test.each([
    ['a method that writes', { method: 'PUT', path: '/', headers: {} }, 'GET, HEAD, OPTIONS'],
    ['a path that is a whole address', { method: 'GET', path: 'http://x/', headers: {} }, 'begins with /'],
    ['a path that continues the host', { method: 'GET', path: '.x/', headers: {} }, 'begins with /'],
    ['a path with a line break', { method: 'GET', path: '/\r\nx', headers: {} }, 'begins with /'],
    ['a header that is not CORS', { method: 'GET', path: '/', headers: { host: 'x' } }, '"host"'],
    ['a header with a line break', { method: 'GET', path: '/', headers: { origin: 'a\nb' } }, '"origin"'],
    ['no object', 'GET /', 'JSON object'],
  ])('refuses %s and says what to send', async (_, body, words) => {
    const response = await wire(body);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { message: string }).message).toContain(words);
  });

  test("refuses plain text, which another site's page could send unasked", async () => {
    const response = await wire({ method: 'GET', path: '/', headers: {} }, 'text/plain');
    expect(response.status).toBe(415);
  });

  test.each([
    ['?method=GET&path=/a&origin=null', { method: 'GET', path: '/a', origin: 'null' }],
    ['?method=PUT&path=/a&headers=x-a,x-b', { method: 'PUT', path: '/a', requestHeaders: 'x-a,x-b' }],
    ['?method=PUT&path=/a&headers=', { method: 'PUT', path: '/a', requestHeaders: '' }],
  ])('hands %s on to explain', async (query, facts) => {
    const response = await fetch(`${demo.url}/why${query}`);
    expect(await response.json()).toEqual({ facts });
  });

  test("rejects with node's own error when the port is taken", async () => {
    const { port } = edge.address() as AddressInfo;
    const second = openDemo({ host: '127.0.0.1', port, edge: 'http://127.0.0.1:1', explain: () => null });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('says so when the edge gives no answer', async () => {
    const nobody = await openDemo({
      host: '127.0.0.1',
      port: 0,
      edge: 'http://127.0.0.1:1',
      explain: () => null,
    });
    const response = await fetch(`${nobody.url}/wire`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ method: 'GET', path: '/', headers: {} }),
    });
    expect(response.status).toBe(502);
    expect(await response.text()).toContain('ECONNREFUSED');
    await nobody.close();
  });
});
