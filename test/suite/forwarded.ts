import { describe, expect, test } from 'vitest';
import { type Answered, call, corsHeaders, rawly, value, values } from '../helpers/client.ts';
import type { Asked } from '../helpers/upstream.ts';
import { isError } from './errors.ts';
import { type Edge, type OpenOptions, type Runtime, testOn, useEdge } from './runtime.ts';
import { A, ONE_ORIGIN, ONE_ORIGIN_HEADERS } from './sets.ts';

const OPTIONS = {
  rules: ONE_ORIGIN,
  buckets: [
    { name: 'plain' },
    { name: 'trusting', prefix: '/trusting', trustForwarded: true },
    { name: 'hosted', prefix: '/hosted', keepHost: true },
    { name: 'for', prefix: '/for', forwarded: 'for' },
    { name: 'none', prefix: '/none', forwarded: 'none' },
    { name: 'trusting-for', prefix: '/trusting-for', trustForwarded: true, forwarded: 'for' },
    { name: 'trusting-none', prefix: '/trusting-none', trustForwarded: true, forwarded: 'none' },
  ],
} satisfies OpenOptions;
const ownEntry = ({ edgeId }: Edge): string => `1.1 bucket-cors-${edgeId}`;

/** The only request that reached a bucket. Throws if there were more. */
function only(edge: Edge, name: string): Asked {
  const [first, ...more] = edge.bucketNamed(name).asked;
  if (first === undefined || more.length > 0) throw new Error(`${name} was asked ${more.length} times more`);
  return first;
}

/** Headers in which a client may claim an address, a scheme or a host. */
const CLAIMS = [
  ['X-Forwarded-For', '203.0.113.7'],
  ['x-forwarded-proto', 'gopher'],
  ['X-FORWARDED-HOST', 'claimed.example'],
  ['X-Forwarded-Port', '4430'],
  ['X-Forwarded-Prefix', '/claimed'],
  ['X-Forwarded-Something-New-And-Rather-Long', 'claimed'],
  ['X-Real-IP', '203.0.113.7'],
  ['X_Forwarded_For', '203.0.113.7'],
  ['x_real_ip', '203.0.113.7'],
  ['forwarded', 'for=203.0.113.7'],
] as const;

export function addForwardedTests(runtime: Runtime): void {
  const edge = useEdgeOf(runtime);

  describe('the client that a bucket sees', () => {
    const { get, saw } = edge;

    test('has the address, scheme and host that the edge itself sees', async () => {
      await get('/key', ['Host', 'cdn.example:81']);
      expect(saw('plain', 'x-forwarded-for')).toEqual(['127.0.0.1']);
      expect(saw('plain', 'x-forwarded-proto')).toEqual(['http']);
      expect(saw('plain', 'x-forwarded-host')).toEqual(['cdn.example:81']);
      expect(saw('plain', 'forwarded')).toEqual([]);
    });

    test.each(CLAIMS)('does not come from a client’s %s', async (name, claimed) => {
      expect((await get('/key', [name, claimed, name, claimed])).status).toBe(200);
      expect(only(edge.current(), 'plain').headers).not.toContain(claimed);
      expect(saw('plain', 'x-forwarded-for')).toEqual(['127.0.0.1']);
    });

    test('comes last in the chain of a trusted client', async () => {
      const lines = ['X-Forwarded-For', '203.0.113.7, 10.0.0.1', 'X-Forwarded-For', '10.0.0.2'];
      await get('/trusting/key', lines);
      expect(saw('trusting', 'x-forwarded-for')).toEqual(['203.0.113.7, 10.0.0.1, 10.0.0.2, 127.0.0.1']);
    });

    test('has the scheme and the host that a trusted client sends', async () => {
      const lines = [
        'X-Forwarded-Proto',
        'https',
        'X-Forwarded-Host',
        'www.example',
        'X-Real-IP',
        '10.0.0.9',
      ];
      await get('/trusting/key', lines);
      expect(saw('trusting', 'x-forwarded-proto')).toEqual(['https']);
      expect(saw('trusting', 'x-forwarded-host')).toEqual(['www.example']);
      expect(saw('trusting', 'x-real-ip')).toEqual(['10.0.0.9']);
    });

    test('is the trusted client itself if that sends no such header', async () => {
      await get('/trusting/key', ['Host', 'cdn.example']);
      expect(saw('trusting', 'x-forwarded-for')).toEqual(['127.0.0.1']);
      expect(saw('trusting', 'x-forwarded-proto')).toEqual(['http']);
      expect(saw('trusting', 'x-forwarded-host')).toEqual(['cdn.example']);
      expect(saw('trusting', 'forwarded')).toEqual([]);
    });

    test('is appended to the Forwarded header of a trusted client', async () => {
      await get('/trusting/key', ['Host', 'cdn.example:81', 'Forwarded', 'for="[2001:db8::1]";proto=https']);
      expect(saw('trusting', 'forwarded')).toEqual([
        'for="[2001:db8::1]";proto=https, for=127.0.0.1;host="cdn.example:81";proto=http',
      ]);
    });

    test('does not come from a hop-by-hop header, even of a trusted client', async () => {
      await get('/trusting/key', ['X-Forwarded-For', '203.0.113.7', 'Connection', 'x-forwarded-for, close']);
      expect(saw('trusting', 'x-forwarded-for')).toEqual(['127.0.0.1']);
    });
  });

  describe('a bucket with a reduced set of client headers', () => {
    const { get } = edge;
    const claimed = CLAIMS.flat();

    test.each([
      ['for', [['x-forwarded-for', '127.0.0.1']]],
      ['none', []],
      [
        'trusting-for',
        [
          ['x-forwarded-for', '203.0.113.7, 127.0.0.1'],
          ['x-real-ip', '203.0.113.7'],
        ],
      ],
      ['trusting-none', []],
    ])('%s gets only %j', async (name, expected) => {
      expect((await get(`/${name}/key`, claimed)).status).toBe(200);
      const { headers } = only(edge.current(), name);
      const about = headers.flatMap((header, at) => {
        const key = header.toLowerCase().replaceAll('_', '-');
        return at % 2 === 0 && /^(x-forwarded-|forwarded$|x-real-ip$)/.test(key)
          ? [[key, headers[at + 1]]]
          : [];
      });
      expect(about.toSorted()).toEqual(expected);
      expect(values({ headers }, 'via').join()).toContain(ownEntry(edge.current()));
    });
  });

  describe('a bucket that gets the client’s Host', () => {
    const { get, saw } = edge;

    testOn(runtime, 'host')('gets it with its port, as the client wrote it', async () => {
      await get('/hosted/key', ['Host', 'Files.Example:8443']);
      expect(saw('hosted', 'host')).toEqual(['Files.Example:8443']);
    });

    testOn(runtime, 'host')('gets the host of a target in absolute form', async () => {
      const head = 'GET http://files.example/hosted/key HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n';
      expect(await rawly(edge.current().url, head)).toMatch(/^HTTP\/1\.1 200 /);
      expect(saw('hosted', 'host')).toEqual(['files.example']);
    });

    testOn(runtime, 'host')('gets its own host from a client without a Host header', async () => {
      expect(await rawly(edge.current().url, 'GET /hosted/key HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
      expect(saw('hosted', 'host')).toEqual([edge.current().bucketNamed('hosted').host]);
      expect(saw('hosted', 'x-forwarded-host')).toEqual([]);
    });
  });

  describe('Via', () => {
    const { get, saw } = edge;

    test('names the edge', async () => {
      await get('/key');
      expect(saw('plain', 'via')).toEqual([ownEntry(edge.current())]);
    });

    test('names the edge after the client’s entries', async () => {
      await get('/key', ['Via', '1.0 fred, 1.1 p.example (a cache)', 'via', '2 cdn']);
      const entries = saw('plain', 'via').join(', ');
      expect(entries).toBe(`1.0 fred, 1.1 p.example (a cache), 2 cdn, ${ownEntry(edge.current())}`);
    });

    test.each([
      ['another edge', () => '1.1 bucket-cors-0123abce'],
      ['an edge whose name has this edge’s name as a prefix', (id: string) => `1.1 bucket-cors-${id}5`],
      ['a comment', (id: string) => `1.1 cdn (bucket-cors-${id})`],
    ])('with the name of %s does not count as this edge', async (_, entry) => {
      expect((await get('/key', ['Via', entry(edge.current().edgeId)])).status).toBe(200);
    });

    test.each([
      ['alone', (id: string) => `1.1 bucket-cors-${id}`],
      ['in upper case', (id: string) => `1.1 BUCKET-CORS-${id.toUpperCase()}`],
      ['with another protocol', (id: string) => `HTTP/2 bucket-cors-${id} (x)`],
      ['among other entries', (id: string) => `1.0 fred,1.1 bucket-cors-${id} , 1.1 cdn`],
    ])('that names this edge %s is refused without a request to the bucket', async (_, entry) => {
      const answered = await get('/key', [
        'Origin',
        A,
        'Via',
        '1.1 cdn',
        'Via',
        entry(edge.current().edgeId),
      ]);
      isError(answered, 508, 'LoopDetected');
      expect(corsHeaders(answered)).toEqual(ONE_ORIGIN_HEADERS);
      expect(edge.current().bucket.asked).toEqual([]);
    });

    test('ends a loop whose bucket is the edge itself', async () => {
      const { url, bucket } = edge.current();
      bucket.script = async ({ method, target, headers }, _incoming, outgoing) => {
        const again = await call(url, { method, target, headers });
        outgoing.writeHead(again.status, [...again.headers]).end(again.body);
      };
      isError(await get('/key'), 508, 'LoopDetected');
      expect(bucket.asked).toHaveLength(1);
    });
  });
}

interface EdgeInUse {
  readonly current: () => Edge;
  /** Sends a GET to the edge. */
  readonly get: (target: string, headers?: readonly string[]) => Promise<Answered>;
  /** The values of a header of the one request that reached a bucket. */
  readonly saw: (bucket: string, header: string) => readonly string[];
}

function useEdgeOf(runtime: Runtime): EdgeInUse {
  const current = useEdge(runtime, OPTIONS);
  return {
    current,
    get: (target, headers = []) => call(current().url, { target, headers }),
    saw: (bucket, header) => values(only(current(), bucket), header),
  };
}

/** Headers for which undici throws or loses a connection. */
const REFUSED_BY_UNDICI = [
  'Connection: close, a b, "x", ()',
  'Keep-Alive: timeout=5',
  'Upgrade: h2c',
  'Proxy-Connection: keep-alive',
  'TE: trailers',
].join('\r\n');

/** More than the edge's connections to one bucket. */
const MANY = 500;

export function addPassedHeaderTests(runtime: Runtime): void {
  describe('a request that undici would refuse', () => {
    const current = useEdge(runtime, { rules: ONE_ORIGIN });

    test('costs the following requests no connection', async () => {
      const { url, bucket } = current();
      const ask = async (more: string): Promise<void> => {
        const text = await rawly(
          url,
          `PUT /key HTTP/1.1\r\nHost: h\r\n${REFUSED_BY_UNDICI}\r\n${more}\r\n\r\n`,
        );
        expect(text).toContain('HTTP/1.1 200 OK\r\n');
      };
      for (let sent = 0; sent < MANY; sent += 10) {
        const several = Array.from({ length: 10 }, () => [ask('A: b'), ask('Expect: 100-continue')]);
        await Promise.all(several.flat());
      }
      expect(bucket.asked).toHaveLength(2 * MANY);
      expect((await call(url, { target: '/key' })).status).toBe(200);
    });

    const HEADS: readonly (readonly [where: string, head: (char: string) => string])[] = [
      ['a header’s value', (char) => `GET /key HTTP/1.1\r\nHost: h\r\nX-One: a${char}b\r\n`],
      ['a header’s name', (char) => `GET /key HTTP/1.1\r\nHost: h\r\nX${char}One: ab\r\n`],
      ['the Host', (char) => `GET /key HTTP/1.1\r\nHost: h${char}h\r\n`],
      ['the target', (char) => `GET /key${char}? HTTP/1.1\r\nHost: h\r\n`],
    ];
    test.for(HEADS)(
      'is refused by the edge or sent to the bucket, whatever byte is in %s',
      async ([, head]) => {
        const { url, bucket } = current();
        const ends = new Map<string, number>();
        for (let byte = 0; byte < 256; byte += 1) {
          const before = bucket.asked.length;
          const text = await rawly(url, `${head(String.fromCharCode(byte))}Connection: close\r\n\r\n`);
          const end = `${text.slice(9, 12)} ${bucket.asked.length - before}`;
          ends.set(end, (ends.get(end) ?? 0) + 1);
        }
        for (const end of ends.keys()) expect(end).toMatch(/^(200 1|400 0)$/);
        expect(ends.get('200 1')).toBeGreaterThan(64);
        bucket.reset();
        expect(value(await call(url, { target: '/key' }), 'content-type')).toBe('text/plain');
      },
    );
  });
}
