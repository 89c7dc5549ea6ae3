import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run, stop } from '../cli/process.ts';
import { call, value, values } from '../helpers/client.ts';

// As many TLS fronts do, the bucket would rather speak HTTP/2. undici gives no raw headers for that, and an
// edge that let it choose lost every header of the bucket's (found in review, before the first release).
const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const server = createSecureServer(
  { allowHTTP1: true, key: readFileSync(fixture('key.pem')), cert: readFileSync(fixture('cert.pem')) },
  (asked, answer) => {
    if (asked.url === '/?cors') {
      answer.writeHead(404).end('<Error><Code>NoSuchCORSConfiguration</Code></Error>');
      return;
    }
    answer.writeHead(200, {
      ETag: '"e"',
      'Content-Type': 'text/plain',
      'Set-Cookie': ['a=1', 'b=2'],
      Vary: 'Accept-Encoding, Origin',
      'Access-Control-Allow-Origin': 'https://the-buckets-own',
      'X-Spoken': asked.httpVersion,
    });
    answer.end('body');
  },
);

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => void server.close());

test('a bucket behind TLS that prefers HTTP/2 is spoken to in HTTP/1.1, and keeps its headers', async () => {
  const { port } = server.address() as AddressInfo;
  const edge = run(['serve', '--bucket', `https://localhost:${port}`, '--port', '0', '--admin-port', '0'], {
    env: { NODE_EXTRA_CA_CERTS: fixture('cert.pem') },
  });
  try {
    const answered = await call(await edge.address('edge'), {
      target: '/key',
      headers: ['Origin', 'https://a'],
    });
    expect(answered.status).toBe(200);
    expect(value(answered, 'x-spoken')).toBe('1.1');
    expect(value(answered, 'etag')).toBe('"e"');
    expect(values(answered, 'set-cookie')).toEqual(['a=1', 'b=2']);
    expect(values(answered, 'vary')).toEqual(['Accept-Encoding']);
    expect(values(answered, 'access-control-allow-origin')).toEqual([]);
    expect(answered.body.toString()).toBe('body');
  } finally {
    await stop(edge);
  }
});
