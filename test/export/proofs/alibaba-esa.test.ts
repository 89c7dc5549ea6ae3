import { createServer } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import { request as ask } from 'undici';
import { describe, expect, test } from 'vitest';
import { compileRules } from '../../../src/cors/compile.ts';
import { alibabaEsa } from '../../../src/export/alibaba-esa/alibaba-esa.ts';
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
  behaviourOf('oss', true),
);

const replace =
  (from: string | RegExp, to: string) =>
  (text: string): string =>
    text.replace(from, to);

const MUTANTS: readonly Omit<Mutant, 'rules'>[] = [
  {
    name: 'origins without case',
    change: replace('matches(one.origins, origin)', 'matches(one.origins, origin.toLowerCase())'),
  },
  { name: 'no length check', change: replace('value.length >= entry.length - 1 &&', '') },
  { name: 'Vary forgotten', change: replace(/, vary: .*? : \[\],/, ', vary: [],') },
  { name: "the bucket's CORS headers", change: replace('edited.headers.delete(name)', '{}') },
  {
    name: 'a bare error',
    change: replace(
      'return withCors(response, answer)',
      'return response.ok ? withCors(response, answer) : response',
    ),
  },
  { name: 'preflights to the bucket', change: replace('if (answer.status !== null)', 'if (false)') },
  {
    name: 'the last rule first',
    change: replace('RULES.find((one) => one.methods', 'RULES.slice().reverse().find((one) => one.methods'),
  },
];

/** Those that need a function. */
const sets = ruleSets().filter(({ rules }) => writtenFor(alibabaEsa, rules).files[0]?.name === 'cors.js');

describe.skipIf(!installed)('a function for ESA, in workerd', () => {
  test.each(sets.map((set) => [set.name, set] as const))('is proved: %s', async (_, { rules }) => {
    await expectProved(alibabaEsa, workerdProver, rules, 250);
  });

  test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    'is not proved with %s',
    async (_, mutant) => {
      expect(
        await differencesOf(alibabaEsa, workerdProver, { ...mutant, rules: RULES }, 600),
      ).toBeGreaterThan(0);
    },
  );

  test('leaves redirects and compressed bodies as they are', async () => {
    const body = gzipSync('the object');
    const bucket = createServer((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { Location: '/gzip' }).end();
      else response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': body.length }).end(body);
    });
    const bucketUrl = `http://127.0.0.1:${await listen(bucket)}`;
    const { files } = writtenFor(alibabaEsa, RULES, { bucketUrl });
    expect(files[0]?.text).toContain("{ decompress: 'manual' }");
    const server = await workerdProver.start(files, bucketUrl);
    try {
      const moved = await ask(`${server.url}/moved`);
      expect([moved.statusCode, moved.headers.location]).toEqual([302, '/gzip']);
      await moved.body.dump();
      const found = await ask(`${server.url}/gzip`, { headers: { 'accept-encoding': 'gzip' } });
      expect(found.headers['content-encoding']).toBe('gzip');
      expect(gunzipSync(Buffer.from(await found.body.arrayBuffer())).toString()).toBe('the object');
    } finally {
      await server.close();
      bucket.closeAllConnections();
      bucket.close();
    }
  });
});
