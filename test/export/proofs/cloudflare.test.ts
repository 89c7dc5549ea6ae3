import { connect, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { compileRules } from '../../../src/cors/compile.ts';
import { cloudflare } from '../../../src/export/cloudflare/cloudflare.ts';
import { openProofBucket } from '../../../src/node/prove/bucket.ts';
import { workerdProver } from '../../../src/node/prove/workerd.ts';
import { listen } from '../../helpers/listen.ts';
import { differencesOf, expectProved, type Mutant, writtenFor } from '../_proofs.ts';
import { behaviourOf, rule, ruleSets } from '../_rule-sets.ts';

const installed = (await workerdProver.isInstalled()) || process.env.CI === 'true';

const RULES = compileRules(
  {
    rules: [
      rule({
        allowedOrigins: ['https://app.example', 'https://ab*ba.example', 'http://dev*', 'null'],
        allowedMethods: ['GET', 'PUT'],
        allowedHeaders: ['content-type', 'x-oss-*'],
        exposeHeaders: ['ETag'],
        maxAgeSeconds: 60,
      }),
      rule({ allowedOrigins: ['https://app.example'], allowedMethods: ['DELETE', 'GET'] }),
      rule({ allowedOrigins: ['*'], allowedMethods: ['HEAD'] }),
    ],
    responseVary: false,
  },
  behaviourOf('s3'),
);

const replace =
  (from: string | RegExp, to: string) =>
  (text: string): string =>
    text.replace(from, to);

const MUTANTS: readonly Omit<Mutant, 'rules'>[] = [
  {
    name: 'origins ignore case',
    change: replace('matches(one.origins, origin)', 'matches(one.origins, origin.toLowerCase())'),
  },
  { name: 'no length check', change: replace('value.length >= entry.length - 1 &&', '') },
  {
    name: 'header names in their own case',
    change: replace('requestHeaders.toLowerCase()', 'requestHeaders'),
  },
  { name: 'names repeated', change: replace(' || seen[key]', '') },
  {
    name: 'the last rule first',
    change: replace('RULES.find((one) => one.methods', 'RULES.slice().reverse().find((one) => one.methods'),
  },
  { name: 'Vary forgotten', change: replace(/, vary: .*? : \[\],/, ', vary: [],') },
  { name: "the bucket's Vary lost", change: replace("edited.headers.get('Vary') || ''", "''") },
  { name: "the bucket's Origin in Vary", change: replace("!== 'origin'", "!== 'other'") },
  { name: "the bucket's CORS headers", change: replace('edited.headers.delete(name)', '{}') },
  { name: 'credentials for null', change: replace(" && allowOrigin !== 'null'", '') },
  {
    name: 'errors without headers',
    change: replace(
      'return withCors(response, answer)',
      'return response.status < 400 ? withCors(response, answer) : response',
    ),
  },
  { name: 'preflights to the bucket', change: replace('if (answer.status !== null)', 'if (false)') },
  { name: 'another status', change: replace('refused(403', 'refused(400') },
  { name: 'a list of origins', change: replace('!/[, \\t]/.test(origin)', 'true') },
  { name: 'nothing for everyone', change: replace('one.everyone.includes(method)', 'false') },
];

describe.skipIf(!installed)('a Worker for Cloudflare, in workerd', () => {
  test.each(ruleSets().map((set) => [set.name, set] as const))('is proved: %s', async (_, { rules }) => {
    await expectProved(cloudflare, workerdProver, rules, 250);
  });

  test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    'is not proved with %s',
    async (_, mutant) => {
      expect(
        await differencesOf(cloudflare, workerdProver, { ...mutant, rules: RULES }, 600),
      ).toBeGreaterThan(0);
    },
  );
});

/** The head of the answer to a request in raw bytes. */
const headOf = (url: string, request: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(request));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      socket.destroy();
      resolve(text.slice(0, text.indexOf('\r\n\r\n')));
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });

describe.skipIf(!installed)('a Worker for Cloudflare answers', () => {
  const asked = (head: readonly string[]) => `${head.join('\r\n')}\r\n\r\n`;

  test.each([101, 600, 999])('502 with CORS headers to a bucket with the status %i', async (status) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(`HTTP/1.1 ${status} Odd\r\nContent-Length: 0\r\n\r\n`));
    });
    const bucketUrl = `http://127.0.0.1:${await listen(server)}`;
    const worker = await workerdProver.start(writtenFor(cloudflare, RULES, { bucketUrl }).files, bucketUrl);
    try {
      const answer = await fetch(`${worker.url}/key`, { headers: { Origin: 'https://app.example' } });
      expect(answer.status).toBe(502);
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('https://app.example');
      expect(answer.headers.get('Vary')).toBe('Origin');
    } finally {
      await worker.close();
      server.close();
    }
  });

  test('raw requests, and those that the bucket does not answer', async () => {
    const bucket = await openProofBucket();
    const written = writtenFor(cloudflare, RULES, { bucketUrl: bucket.url });
    const worker = await workerdProver.start(written.files, bucket.url);
    try {
      const two = [
        'GET /bare/200 HTTP/1.1',
        'Host: a',
        'Origin: https://app.example',
        'Origin: https://b.example',
      ];
      expect(await headOf(worker.url, asked(two))).not.toMatch(/access-control-/i);
      const long = Array.from({ length: 6_000 }, (_, at) => `x-oss-${at}`).join(',');
      const preflight = [
        'OPTIONS /bare/200 HTTP/1.1',
        'Host: a',
        'Origin: https://app.example',
        'Access-Control-Request-Method: PUT',
      ];
      const began = performance.now();
      const head = await headOf(worker.url, asked([...preflight, `Access-Control-Request-Headers: ${long}`]));
      expect(head).toMatch(/^HTTP\/1\.1 200/);
      expect(head).toContain('x-oss-0, x-oss-1, ');
      expect(performance.now() - began).toBeLessThan(2_000);
      const absolute = [
        'GET http://other.example/own/404 HTTP/1.1',
        'Host: a',
        'Origin: https://app.example',
      ];
      expect(await headOf(worker.url, asked(absolute))).toMatch(
        /^HTTP\/1\.1 404[\s\S]*allow-origin: https:\/\/app\.example/i,
      );
      await bucket.close();
      const down = ['GET /own/200 HTTP/1.1', 'Host: a', 'Origin: https://app.example'];
      const failed = await headOf(worker.url, asked(down));
      expect(failed).toMatch(/^HTTP\/1\.1 502[\s\S]*allow-origin: https:\/\/app\.example/i);
      expect(failed).toMatch(/vary: origin/i);
    } finally {
      await worker.close();
    }
  });
});
