import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { compileRules } from '../../../src/cors/compile.ts';
import { caddy } from '../../../src/export/caddy/caddy.ts';
import { caddyProver } from '../../../src/node/prove/caddy.ts';
import { presence } from '../../helpers/program.ts';
import { differencesOf, expectProved, writtenFor } from '../_proofs.ts';
import { behaviourOf, rule, ruleSets } from '../_rule-sets.ts';
import { type Change, differencesWhenDown, rawAnswers, reachesBucket } from './_alone.ts';
import { EQUAL, ORDERED } from './_mutant-rules.ts';
import { openRaw } from './_raw.ts';

const { skipped, why } = presence('caddy', 'version', 'caddy');

/** Changes the matcher or block of a rule. */
const inRule = (number: number, from: string | RegExp, to: string): Change => {
  const part = new RegExp(`@cors_rule_${number} \\{[\\s\\S]*?\\n {12}\\}\\n`);
  return (text) => text.replace(part, (found) => found.replace(from, to));
};

const SWAPPED: Change = (text) => {
  const [first, second] = [1, 2].map(
    (number) =>
      new RegExp(
        `            @cors_rule_${number} \\{[\\s\\S]*?handle @cors_rule_${number} \\{[\\s\\S]*?\\n {12}\\}\\n`,
      ).exec(text)?.[0] ?? '',
  ) as [string, string];
  return text.replace(first, '').replace(second, second + first);
};

const MUTANTS: readonly (readonly [name: string, change: Change])[] = [
  ['origins without case', inRule(1, 'Origin ^', 'Origin (?i)^')],
  ['no check of the length', inRule(1, 'https://a[^,\\x20\\t]*a', 'https://(?:a[^,\\x20\\t]*)?a')],
  ['an origin without its end', inRule(1, /(Origin .*)\$\n/, '$1\n')],
  ['a dot that matches all', inRule(1, 'app\\.example', 'app.example')],
  ['header names with case', inRule(1, '(?i)', '')],
  [
    'the method that a GET requests',
    (text) =>
      text.replace(
        '@cors_actual not method OPTIONS',
        '@cors_actual {\nnot method OPTIONS\nnot header_regexp Access-Control-Request-Method .\n}',
      ),
  ],
  ['header names that begin alike', inRule(1, '(?:,|$))*$', '(?:,|$))*')],
  ['rules in the wrong order', SWAPPED],
  ['every rule that matches', (text) => text.replace('        handle {\n', '        route {\n')],
  [
    'credentials for null',
    (text) => text.replace('not header_regexp Origin ^null$', 'method *').replace('method *', 'path *'),
  ],
  ['no Vary', (text) => text.replace('+Vary Origin', '-X-None').replace('Vary Origin,{', 'Vary {')],
  ['no Vary for preflights', (text) => text.replace(/header @cors_preflight Vary .*/, '')],
  ["the bucket's CORS headers", (text) => text.replaceAll('-Access-Control-*', '-X-None')],
  ["the bucket's headers written last", (text) => text.replaceAll('defer\n', '\n')],
  [
    'no answer to a list of origins',
    (text) => text.replace('Origin [,\\x20\\t]', 'Origin ^,,$').replaceAll('[^,\\x20\\t]+', '.+'),
  ],
];

/** Differences that no browser sees. */
const BYTES: readonly (readonly [name: string, change: Change])[] = [
  ['methods without an end', inRule(1, '^(?:GET|PUT)$', '^(?:GET|PUT)')],
  ["the bucket's Vary: Origin", (text) => text.replace(/Vary \(\?i\)\(\?:\^\|,\).*/, '')],
  ['200 for a refusal', (text) => text.replaceAll(/" 40[03]$/gm, '" 200')],
];

describe.skipIf(skipped)(`Caddy with an export${why}`, () => {
  test.each(ruleSets().map((set) => [set.name, set] as const))(
    'answers as the rules: %s',
    async (_, { rules }) => {
      await expectProved(caddy, caddyProver, rules, 250);
    },
  );

  test.each(MUTANTS)('is not proved with %s', async (name, change) => {
    expect(await differencesOf(caddy, caddyProver, { name, rules: ORDERED, change }, 2_000)).toBeGreaterThan(
      0,
    );
  });

  test.each(BYTES)('is not equal with %s', async (name, change) => {
    expect(await differencesOf(caddy, caddyProver, { name, rules: EQUAL, change }, 5_000)).toBeGreaterThan(0);
  });

  test('has the CORS headers in its own errors', async () => {
    expect(await differencesWhenDown(caddy, caddyProver, ORDERED)).toBe(0);
    const deferredOnly: Change = (text) =>
      text.replace(/header \{\s+import cors_rule_\d\s+\}/g, '').replace('+Vary Origin', '-X-None');
    expect(await differencesWhenDown(caddy, caddyProver, ORDERED, deferredOnly)).toBeGreaterThan(0);
  });

  test('sends neither CORS headers nor preflights to the bucket', async () => {
    expect(await reachesBucket(caddy, caddyProver, ORDERED)).toEqual([]);
    const sent: Change = (text) => text.replace('request_header -Origin', '');
    expect(await reachesBucket(caddy, caddyProver, ORDERED, sent)).toEqual(['origin']);
    const asked: Change = (text) => text.replace('respond @cors_preflight 200', '');
    expect(await reachesBucket(caddy, caddyProver, ORDERED, asked)).toEqual(['OPTIONS']);
  });

  test('refuses headers that are longer than the edge accepts, before it compares them', async () => {
    const rules = compileRules(
      {
        rules: Array.from({ length: 100 }, (_, at) =>
          rule({
            allowedOrigins: [`https://*.o${at}.example`],
            allowedMethods: ['GET'],
            allowedHeaders: ['x-a', `x-${at}-*`],
          }),
        ),
        responseVary: false,
      },
      behaviourOf('s3'),
    );
    const raw = await openRaw(caddy, caddyProver, rules);
    const ask = async (method: string, origin: string, names: number) => {
      const { status, lines } = await raw.ask(
        `${method} /object HTTP/1.1`,
        'Host: 127.0.0.1',
        `Origin: ${origin}`,
        'Access-Control-Request-Method: GET',
        `Access-Control-Request-Headers: ${'x-a,'.repeat(names)}`,
      );
      return [status, lines.length > 0];
    };
    const origin = 'https://a.o99.example';
    expect(await ask('OPTIONS', origin, 4_000)).toEqual([200, true]);
    const began = performance.now();
    expect(await ask('OPTIONS', origin, 4_100)).toEqual([431, false]);
    expect(await ask('OPTIONS', origin, 225_000)).toEqual([431, false]);
    expect(await ask('GET', `https://${'a.o'.repeat(300_000)}`, 1)).toEqual([431, false]);
    expect(performance.now() - began).toBeLessThan(5_000);
    await raw.close();
  });

  test.each([
    ['http://127.0.0.1:9000/media', '/media{http.request.uri}', '127.0.0.1:9000'],
    ['https://b.example/', null, 'b.example:443'],
  ])('its comment has a Caddyfile for %s', async (bucketUrl, uri, dial) => {
    const text = writtenFor(caddy, EQUAL, { bucketUrl }).files[0]?.text ?? '';
    const comment = /^# Caddyfile, .*\n((?:# .*\n)+)/m.exec(text)?.[1] ?? '';
    const folder = await mkdtemp(join(tmpdir(), 'caddyfile-'));
    try {
      await writeFile(join(folder, 'cors.caddyfile'), text);
      await writeFile(join(folder, 'Caddyfile'), comment.replace(/^# {5}/gm, ''));
      const adapted = promisify(execFile)('caddy', ['adapt', '--config', join(folder, 'Caddyfile')]);
      const { stdout } = await adapted;
      expect(stdout).toContain(`"upstreams":[{"dial":"${dial}"}]`);
      expect(/"uri":"([^"]*)"/.exec(stdout)?.[1] ?? null).toBe(uri);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('reads two lines of Origin as a list, and every line of the Vary of the bucket', async () => {
    expect(await rawAnswers(caddy, caddyProver, EQUAL)).toEqual({
      twoOrigins: [undefined, 403],
      vary: [
        ['accept-encoding', 'origin', 'origin-trial'],
        ['accept-encoding', 'origin-trial'],
      ],
    });
  });
});
