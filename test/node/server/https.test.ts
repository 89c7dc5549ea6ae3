import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run, stop } from '../../cli/_process.ts';
import { call, value, values } from '../../helpers/client.ts';

// The bucket prefers HTTP/2, as many TLS servers do. undici reports no raw headers for HTTP/2, so that an edge that
// negotiated it would lose every header of the bucket.
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
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
      'X-Host': asked.headers.host ?? '',
      'X-Port': String(asked.socket.remotePort),
    });
    answer.end('body');
  },
);

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => void server.close());

test('a bucket behind TLS that prefers HTTP/2 is asked with HTTP/1.1, and its headers arrive', async () => {
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

test.each(['localhost', '127.0.0.1'])(
  'a bucket at https://%s with --keep-host is verified by its own name, and its connection is reused',
  async (name) => {
    const { port } = server.address() as AddressInfo;
    const flags = ['--bucket', `https://${name}:${port}`, '--keep-host', '--port', '0', '--admin-port', '0'];
    const edge = run(['serve', ...flags], { env: { NODE_EXTRA_CA_CERTS: fixture('cert.pem') } });
    try {
      const url = await edge.address('edge');
      const ports = new Set<string | undefined>();
      for (const host of ['one.example', 'two.example:8443', 'one.example']) {
        const answered = await call(url, { target: '/key', headers: ['Host', host] });
        expect(answered.status).toBe(200);
        expect(value(answered, 'x-host')).toBe(host);
        ports.add(value(answered, 'x-port'));
      }
      expect(ports.size).toBe(1);
    } finally {
      await stop(edge);
    }
  },
);
