import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileRules } from '../../../src/cors/compile.ts';
import { METHODS } from '../../../src/cors/rule.ts';
import { haproxy } from '../../../src/export/haproxy/haproxy.ts';
import { haproxyProver } from '../../../src/node/prove/haproxy.ts';
import { startProgram } from '../../../src/node/prove/program.ts';
import { listen } from '../../helpers/listen.ts';
import { presence } from '../../helpers/program.ts';
import { differencesOf, expectProved, writtenFor } from '../_proofs.ts';
import { behaviourOf, rule } from '../_rule-sets.ts';
import { openRaw, type Raw } from './_raw.ts';

const HAPROXY = presence('haproxy', '-v', 'haproxy');
const title = (text: string) => `${text}${HAPROXY.why}`;
const HOST = 'Host: localhost';

/** Headers of more than the 1,024 bytes that HAProxy leaves for them. */
const LONG = compileRules(
  {
    rules: [
      rule({
        allowedOrigins: ['https://app.example', 'https://*.app.example'],
        allowedMethods: [...METHODS],
        exposeHeaders: Array.from({ length: 64 }, (_, at) => `x-oss-meta-long-name-${at}`),
        maxAgeSeconds: 3_600,
      }),
    ],
    responseVary: false,
  },
  behaviourOf('oss'),
);
const NAMES = compileRules(
  {
    rules: [
      rule({
        allowedOrigins: ['https://*.app.example'],
        allowedMethods: ['GET'],
        allowedHeaders: ['n*'],
        exposeHeaders: ['x'.repeat(3_200)],
      }),
    ],
    responseVary: false,
  },
  behaviourOf('oss'),
);

describe.skipIf(HAPROXY.skipped)(title('HAProxy with long headers'), () => {
  test('compares as many names as an export takes', async () => {
    const allowedHeaders = Array.from({ length: 1_150 }, (_, at) => `x-${at}`);
    const one = rule({ allowedOrigins: ['https://app.example'], allowedMethods: ['GET'], allowedHeaders });
    const rules = compileRules({ rules: [one], responseVary: false }, behaviourOf('oss'));
    await expectProved(haproxy, haproxyProver, rules, 250);
  });

  test('answers as the rules ask, also before a long body', async () => {
    await expectProved(haproxy, haproxyProver, LONG, 1_000);
  });

  test('a proof finds that the room for them is missing', async () => {
    const change = (text: string) => text.replace(/^global\n.*\n/m, '');
    const mutant = { name: 'no room', rules: LONG, change };
    expect(await differencesOf(haproxy, haproxyProver, mutant, 1_000)).toBeGreaterThan(0);
  });
});

describe.skipIf(HAPROXY.skipped)(title('HAProxy with long headers, asked byte by byte'), () => {
  let raw: Raw;
  beforeAll(async () => {
    raw = await openRaw(haproxy, haproxyProver, NAMES);
  });
  afterAll(() => raw.close());

  test.each([10, 16_000, 100_000, 300_000])('an object of %i bytes', async (bytes) => {
    // The longest that `*` stands for.
    const origin = `https://${'a'.repeat(300)}.app.example`;
    const answer = await raw.ask(`GET /long/${bytes} HTTP/1.1`, HOST, `Origin: ${origin}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toHaveLength(bytes);
    expect(answer.lines).toContain(`access-control-allow-origin: ${origin}`);
  });

  test('an origin that no browser has gets the object, and no headers', async () => {
    const origin = `Origin: https://${'a'.repeat(900)}.app.example`;
    const answer = await raw.ask('GET /long/300000 HTTP/1.1', HOST, origin);
    expect(answer).toMatchObject({ status: 200, lines: ['vary: Origin'] });
    expect(answer.body).toHaveLength(300_000);
  });

  test.each([
    ['as many names as it may have', 'n,'.repeat(3_750), 200],
    ['one name more', 'n,'.repeat(3_751), 403],
    ['one long name', `${'n'.repeat(7_499)},`, 200],
    ['a longer one', `${'n'.repeat(7_500)},`, 403],
  ])('a preflight with %s', async (_, names, status) => {
    const answer = await raw.ask(
      'OPTIONS /key HTTP/1.1',
      HOST,
      `Origin: https://${'a'.repeat(300)}.app.example`,
      'Access-Control-Request-Method: GET',
      `Access-Control-Request-Headers: ${names}`,
    );
    expect(answer.status).toBe(status);
    expect(answer.lines.at(-1)).toMatch(/^vary: Origin, /);
  });
});

describe.skipIf(HAPROXY.skipped)(title("HAProxy's cache in the operator's frontend"), () => {
  test('stores no CORS header of the bucket: hits do not pass the rules', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, {
        'Access-Control-Allow-Origin': '*',
        'Cache-Control': 'max-age=60',
        'Content-Length': 2,
      });
      response.end('ok');
    });
    const bucketUrl = `http://127.0.0.1:${await listen(server)}`;
    const running = await startProgram('haproxy', async (folder, port) => {
      const [main, exported] = [join(folder, 'haproxy.cfg'), join(folder, 'cors.cfg')];
      await writeFile(
        main,
        `cache objects
  total-max-size 4
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend web
  bind 127.0.0.1:${port}
  http-request cache-use objects
  http-response cache-store objects
  default_backend cors
`,
      );
      await writeFile(exported, writtenFor(haproxy, LONG, { bucketUrl }).files[0]?.text ?? '');
      return ['-db', '-f', main, '-f', exported];
    });
    try {
      const allowed = async (origin: string) => {
        const answer = await fetch(`${running.url}/object`, { headers: { Origin: origin } });
        await answer.text();
        return [answer.headers.get('age') !== null, answer.headers.get('access-control-allow-origin')];
      };
      expect(await allowed('https://app.example')).toEqual([false, 'https://app.example']);
      expect(await allowed('https://evil.example')).toEqual([true, null]);
    } finally {
      await running.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    }
  });
});
