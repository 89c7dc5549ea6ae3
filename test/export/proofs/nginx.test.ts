import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type CompiledRules, compileRules } from '../../../src/cors/compile.ts';
import type { Rule } from '../../../src/cors/rule.ts';
import { nginx } from '../../../src/export/nginx/nginx.ts';
import { nginxProver } from '../../../src/node/prove/nginx.ts';
import { prove } from '../../../src/node/prove/prove.ts';
import { NGINX, startNginx } from '../../helpers/nginx.ts';
import { differencesOf, expectProved, writtenFor } from '../_proofs.ts';
import { behaviourOf, rule, ruleSets } from '../_rule-sets.ts';

const REQUESTS = 250;

const rulesOf = (...rules: readonly Rule[]): CompiledRules =>
  compileRules({ rules, responseVary: false }, behaviourOf('s3'));

describe.skipIf(NGINX.skipped)(`an export for nginx is proved${NGINX.why}`, () => {
  test.each(ruleSets().map((set) => [set.name, set] as const))('%s', async (_, { rules }) => {
    await expectProved(nginx, nginxProver, rules, REQUESTS);
  });

  test('a hundred rules of ten origins, some too long for the hash', async () => {
    const rules = Array.from({ length: 100 }, (_, at) =>
      rule({
        allowedOrigins: Array.from(
          { length: 10 },
          (_, n) => `https://${'long-'.repeat(n)}${n}.app-${at}.example`,
        ),
        allowedMethods: ['GET', 'PUT'],
        maxAgeSeconds: at,
      }),
    );
    await expectProved(nginx, nginxProver, rulesOf(...rules), REQUESTS);
  });

  test.each(['upstream_http', 'http', 'sent_http', 'ARG', '1st'])('with the name %s', async (name) => {
    const write = (bucketUrl: string) => writtenFor(nginx, EQUAL_RULES, { bucketUrl, name });
    const proof = await prove(nginxProver, write, { count: REQUESTS });
    expect(proof.shown).toEqual([]);
  });
});

const RULES = rulesOf(
  rule({
    allowedOrigins: ['https://app.example', 'https://*.app.example', 'ab*ba'],
    allowedMethods: ['GET', 'PUT'],
    allowedHeaders: ['content-type', 'x-oss-*'],
    exposeHeaders: ['ETag'],
    maxAgeSeconds: 60,
  }),
  rule({ allowedOrigins: ['https://*.example', 'https://app.example'], allowedMethods: ['GET', 'HEAD'] }),
);

/** The same without request headers: nginx answers it byte for byte. */
const EQUAL_RULES = rulesOf(...RULES.rules.map(({ rule: one }) => ({ ...one, allowedHeaders: [] })));

/** More than for a right one: a mutant differs in few requests. */
const MUTANT_REQUESTS = 2_000;

describe.skipIf(NGINX.skipped)(`a wrong export for nginx is caught${NGINX.why}`, () => {
  test.each<[name: string, change: (text: string) => string]>([
    ['ignores case', (text) => text.replace(/^ *"~\[A-Z\]".*\n/m, '')],
    ['ignores case in preflights', (text) => text.replaceAll('^[A-Z]+ [^A-Z,]*', '^[A-Za-z]+ [^,]*')],
    [
      'does not check the length',
      (text) => text.replaceAll('ab[^\\s,]*ba', '(?=ab)[^\\s,]*ba').replaceAll('ab[^ ]*ba', '(?=ab)[^ ]*ba'),
    ],
    ['does not escape', (text) => text.replaceAll('\\.', '.')],
    ['does not anchor origins', (text) => text.replace(/\$" w(?=\d;)/g, '" w')],
    [
      'has rules in the wrong order',
      (text) => text.replace(/\br([12])(?=;|$)/gm, (_, n) => `r${3 - Number(n)}`),
    ],
    ['leaves errors bare', (text) => text.replaceAll(' always;', ';')],
    ['forgets Vary', (text) => text.replace(/^add_header Vary .*\n/m, '')],
    ['forgets Vary of preflights', (text) => text.replace(/^ +add_header Vary .*\n/gm, '')],
    [
      "leaves the bucket's Allow-Origin",
      (text) => text.replace('proxy_hide_header Access-Control-Allow-Origin;', ''),
    ],
    ["leaves the bucket's Max-Age", (text) => text.replace('proxy_hide_header Access-Control-Max-Age;', '')],
    ["leaves the bucket's Vary", (text) => text.replace('proxy_hide_header Vary;', '')],
    ["loses the bucket's Vary", (text) => text.replace('"$upstream_http_vary, Origin"', 'Origin')],
    ['allows all request headers', (text) => text.replace(/^ +"~\*.*\n/gm, '')],
    ['sends refused preflights to the bucket', (text) => text.replace('_rule = not_allowed', '_rule = 999')],
    ['sends credentials to no origin', (text) => text.replace(/^ *r1 true;\n/m, '')],
  ])('%s', async (name, change) => {
    const rules = name.includes('request headers') ? RULES : EQUAL_RULES;
    const found = await differencesOf(nginx, nginxProver, { name, rules, change }, MUTANT_REQUESTS);
    expect(found).toBeGreaterThan(0);
  });
});

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A bucket that records the headers of requests. */
async function openBucket(vary: readonly string[] = []) {
  const asked: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers);
    response.setHeader('Cache-Control', 'max-age=60');
    if (vary.length > 0) response.setHeader('Vary', vary);
    response.end('the object');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** nginx with an export in its location, which has more directives. */
async function openNginx(bucketUrl: string, more = '', rules = RULES) {
  const files = writtenFor(nginx, rules).files;
  const others = writtenFor(nginx, ruleSets()[0]?.rules ?? rules, { name: 'other' }).files;
  const running = await startNginx({
    http: `${files[0]?.text}\n${others[0]?.text}`,
    server: `
      location /other { proxy_pass ${bucketUrl}; ${others[1]?.text} }
      location / { proxy_pass ${bucketUrl}; ${more}\n${files[1]?.text} }`,
  });
  closing.push(() => running.stop());
  return running;
}

/** Sends bytes and returns the head of the answer. */
async function raw(url: string, ...lines: readonly string[]): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  // Without an end: nginx takes it for the end of the connection.
  socket.write(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`);
  let text = '';
  for await (const chunk of socket.setEncoding('latin1')) text += chunk;
  return text.slice(0, text.indexOf('\r\n\r\n'));
}

const from = (origin: string) => ({ headers: { Origin: origin } });
const APP = 'https://app.example';
const ALLOWED = /^Access-Control-Allow-Origin: /m;

describe.skipIf(NGINX.skipped)(`nginx with an export${NGINX.why}`, () => {
  test('sends the bucket nothing that CORS is decided by, and no preflight', async () => {
    const bucket = await openBucket();
    const { url } = await openNginx(bucket.url);
    const asked = {
      Origin: APP,
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': 'x',
    };
    await fetch(`${url}/key`, { method: 'OPTIONS', headers: asked });
    await raw(url, 'GET /key HTTP/1.1', 'Host: a', ...Object.entries(asked).map((pair) => pair.join(': ')));
    expect(bucket.asked).toHaveLength(1);
    expect(Object.keys(bucket.asked[0] ?? {}).sort()).toEqual(['connection', 'host']);
  });

  test('writes headers after its cache: one stored answer serves each origin its own', async () => {
    const bucket = await openBucket();
    const { url, stored } = await openNginx(bucket.url, 'proxy_cache cache; proxy_cache_valid 200 1m;');
    for (const origin of [APP, 'https://one.app.example', APP]) {
      const answer = await fetch(`${url}/key`, from(origin));
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    }
    for (const answer of [await fetch(`${url}/key`), await fetch(`${url}/key`, from('https://evil.test'))]) {
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect(answer.headers.get('vary')).toBe('Origin');
    }
    expect(bucket.asked).toHaveLength(1);
    expect(await stored()).toBe(1);
  });

  test('sends the headers with its own errors', async () => {
    const { url } = await openNginx('http://127.0.0.1:1', 'client_max_body_size 1;');
    const down = await fetch(`${url}/key`, from(APP));
    const large = await fetch(`${url}/key`, { ...from(APP), method: 'PUT', body: 'large' });
    expect([down.status, large.status]).toEqual([502, 413]);
    for (const { headers } of [down, large]) {
      expect(headers.get('access-control-allow-origin')).toBe(APP);
      expect(headers.get('vary')).toBe('Origin');
    }
  });

  test('sends Vary with an error to a preflight, too', async () => {
    const { url } = await openNginx('http://127.0.0.1:1', 'client_max_body_size 1;');
    const large = await fetch(`${url}/key`, { ...from(APP), method: 'OPTIONS', body: 'large' });
    expect(large.status).toBe(413);
    expect(large.headers.get('vary')).toBe(
      'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
    );
  });

  test.each([
    ['Origin', null],
    ['Origin, A, ORIGIN , B,origin', 'A, B'],
    ['origin,Origin , A', 'A'],
    ['A, Origin', 'A'],
    ['A,Origin,origin, X-Origin, Origin-X ,Origin, B,ORIGIN', 'A, X-Origin, Origin-X, B'],
    ['A', 'A'],
  ])('removes Origin from Vary: %s', async (vary, expected) => {
    const { url } = await openNginx((await openBucket([vary])).url);
    const { headers } = await fetch(`${url}/key`, { method: 'DELETE' });
    expect(headers.get('vary')?.replaceAll(/ *, */g, ', ') ?? null).toBe(expected);
  });

  test('does not start with a second export of the same name', async () => {
    const [maps] = writtenFor(nginx, RULES).files;
    const [others] = writtenFor(nginx, EQUAL_RULES, { name: 'CORS' }).files;
    const started = startNginx({ http: `${maps?.text}\n${others?.text}`, server: '' });
    await expect(started).rejects.toThrow(/duplicate "log_format" name "two_exports_are_named_cors"/);
  });

  test('loads from conf.d, with both files in it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'conf.d-'));
    closing.push(() => rm(folder, { recursive: true }));
    const [maps, location] = writtenFor(nginx, RULES).files;
    for (const file of [maps, location]) await writeFile(join(folder, file?.name ?? ''), file?.text ?? '');
    const running = await startNginx({
      // As in Debian's nginx.conf.
      http: `include ${folder}/*.conf;`,
      server: `location / { proxy_pass http://127.0.0.1:1; include ${folder}/${location?.name}; }`,
    });
    closing.push(() => running.stop());
    const { headers } = await fetch(`${running.url}/key`, from(APP));
    expect(headers.get('access-control-allow-origin')).toBe(APP);
  });

  test('refuses with a body of its own type, whatever the extension of the key', async () => {
    const { url } = await openNginx('http://127.0.0.1:1');
    for (const path of ['/cat.jpg', '/key', '/a.html']) {
      const refused = await fetch(`${url}${path}`, { method: 'OPTIONS', headers: { Origin: APP } });
      expect([refused.status, refused.headers.get('content-type')]).toEqual([400, 'application/xml']);
      expect(await refused.text()).toContain('Access-Control-Request-Method');
    }
  });

  test('is one of several exports in one nginx', async () => {
    const { url } = await openNginx((await openBucket()).url);
    const other = await fetch(`${url}/other`, from('https://evil.test'));
    expect(other.headers.get('access-control-allow-origin')).toBe('*');
  });

  test('allows no list of origins, and reads the first of several lines', async () => {
    const { url } = await openNginx((await openBucket()).url);
    const get = ['GET /key HTTP/1.1', 'Host: a'];
    expect(await raw(url, ...get, `Origin: ${APP}`)).toMatch(ALLOWED);
    for (const list of [`${APP}, https://b.app.example`, `https://b.app.example ${APP}`, `${APP},`])
      expect(await raw(url, ...get, `Origin: ${list}`)).not.toMatch(ALLOWED);
    expect(await raw(url, ...get, 'Origin: https://evil.test', `Origin: ${APP}`)).not.toMatch(ALLOWED);
  });

  test.each([
    ['HTTP/1.0', ['GET /key HTTP/1.0', `Origin: ${APP}`]],
    ['HEAD', ['HEAD /key HTTP/1.1', 'Host: a', `Origin: ${APP}`]],
    ['an absolute target', ['GET http://a/key HTTP/1.1', 'Host: a', `Origin: ${APP}`]],
  ])('answers %s alike', async (_, lines) => {
    const { url } = await openNginx((await openBucket()).url);
    const head = await raw(url, ...lines);
    expect(head).toContain(`Access-Control-Allow-Origin: ${APP}`);
    expect(head).toMatch(/^Vary: Origin$/m);
  });

  test('is not misled by blanks in the method, the origin or the headers', async () => {
    const { url } = await openNginx((await openBucket()).url);
    const ask = (origin: string, method: string, headers: string) =>
      raw(
        url,
        ...['OPTIONS /key HTTP/1.1', 'Host: a', `Origin: ${origin}`],
        ...[`Access-Control-Request-Method: ${method}`, `Access-Control-Request-Headers: ${headers}`],
      );
    expect(await ask('https://b.app.example', 'PUT', 'x-oss-a, Content-Type')).toMatch(/ 200 OK/);
    expect(await ask('https://evil.test', 'PUT https://b.app.example', '')).not.toMatch(ALLOWED);
    expect(await ask('https://evil.test', `PUT ${APP},`, 'x-oss-a')).not.toMatch(ALLOWED);
    expect(await ask('https://b.app.example content-type', 'PUT', '')).not.toMatch(ALLOWED);
    expect(await ask(APP, 'put', 'content-type')).not.toMatch(ALLOWED);
    expect(await ask(APP, 'PUT', `${'x-oss-a,'.repeat(900)}bad`)).toMatch(/ 403 /);
  });

  test('reads one line of Vary before nginx 1.23', async () => {
    const bucket = await openBucket(['Accept-Encoding', 'Origin']);
    const { url } = await openNginx(bucket.url);
    const vary = (await fetch(`${url}/key`, from(APP))).headers.get('vary');
    expect(vary?.split(', ').sort()).toEqual(['Accept-Encoding', 'Origin']);
  });
});
