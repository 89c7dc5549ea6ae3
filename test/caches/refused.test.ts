import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawly } from '../helpers/client.ts';
import { NGINX, type Nginx, startNginx } from '../helpers/nginx.ts';
import { openOnNode } from '../helpers/node-edge.ts';
import type { Edge } from '../suite/runtime.ts';
import { EVERYBODY } from '../suite/sets.ts';

const A = 'Origin: https://a.example';
const B = 'Origin: https://b.example';

/** Title, the edge's status, Host, and the request's other lines. */
const REFUSED: readonly (readonly [name: string, status: number, host: string, lines: readonly string[]])[] =
  [
    ['a target that is not ASCII', 400, 'h', ['GET /caf\xe9 HTTP/1.1']],
    ['two origins', 400, 'h', ['GET /a HTTP/1.1', A, B]],
    ['a host without a bucket', 404, 'other', ['GET /b HTTP/1.1']],
    ['an unsupported method', 405, 'h', ['PATCH /b HTTP/1.1']],
    ['a target of 9 KB', 414, 'h', [`GET /${'a'.repeat(9_000)} HTTP/1.1`]],
    ['20 KB of headers', 431, 'h', ['GET /c HTTP/1.1', `X-Long: ${'a'.repeat(20_000)}`]],
    ['70 KB of headers', 431, 'h', ['GET /d HTTP/1.1', `X-Long: ${'a'.repeat(70_000)}`]],
  ];

describe.skipIf(NGINX.skipped)(`nginx with proxy_cache_valid for every status${NGINX.why}`, () => {
  let edge: Edge;
  let nginx: Nginx;
  beforeAll(async () => {
    edge = await openOnNode({ rules: EVERYBODY, buckets: [{ name: 'bucket', hosts: ['h'] }] });
    const server = `
      large_client_header_buffers 4 256k;
      location / {
        proxy_pass ${edge.url};
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_cache cache;
        proxy_cache_valid any 1m;
      }`;
    nginx = await startNginx({ server });
  });
  afterAll(async () => {
    await nginx.stop();
    await edge.close();
  });

  test.each(REFUSED)('does not store the refusal of %s: %i', async (_, status, host, [line, ...more]) => {
    const lines = [line, `Host: ${host}`, 'Connection: close', ...more, '', ''];
    const before = await nginx.stored();
    const answered = await rawly(nginx.url, lines.join('\r\n'));
    expect(answered).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answered.toLowerCase()).toContain('cache-control: no-store');
    expect(await nginx.stored()).toBe(before);
  });
});
