/** Apache with mod_cache: one copy of an object serves every origin. */
import { describe, expect, test } from 'vitest';
import { apache } from '../../../src/export/apache/apache.ts';
import { differenceOf, outcomeOf, seenOutcome } from '../../../src/export/outcome.ts';
import { apacheWith } from '../../../src/node/prove/apache.ts';
import { presence } from '../../helpers/program.ts';
import { expectProved } from '../_proofs.ts';
import { type Change, differencesWhenDown } from './_alone.ts';
import { EQUAL, ORDERED } from './_mutant-rules.ts';
import { openRaw } from './_raw.ts';

const { skipped, why } = presence('apache2', '-v', 'apache2');

const MODULES = ['socache_shmcb', 'cache', 'cache_socache'];
const STORE = 'CacheEnable socache /\nCacheSocache shmcb:FOLDER/copies(2000000)';

/** In this order: each answer after the first comes from its copy. */
const REQUESTS: readonly (readonly [method: string, origin: string | null, further?: string])[] = [
  ['GET', 'https://app.example'],
  ['GET', 'https://other.example'],
  ['GET', null],
  ['GET', 'null'],
  ['HEAD', 'https://app.example'],
  ['GET', 'https://app.example', 'If-None-Match: "object"'],
  ['GET', 'https://other.example', 'If-None-Match: "object"'],
  ['GET', 'https://app.example', 'Range: bytes=0-1'],
];

/** The differences of the answers, and how many requests reached the bucket. */
async function answers(directives: string, change: Change = (text) => text, path = '/object') {
  const program = apacheWith(MODULES, `${STORE}\n${directives}`);
  const raw = await openRaw(
    apache,
    {
      ...program,
      start: (files, url) => {
        const changed = files.map((file) => ({ ...file, text: change(file.text) }));
        return program.start(changed, url);
      },
    },
    ORDERED,
  );
  const differences: string[] = [];
  for (const [method, origin, further] of REQUESTS) {
    const { status, lines } = await raw.ask(
      `${method} ${path} HTTP/1.1`,
      'Host: media.example',
      ...(origin === null ? [] : [`Origin: ${origin}`]),
      ...(further === undefined ? [] : [further]),
    );
    const request = { method, origin, requestMethod: null, requestHeaders: null };
    const seen = seenOutcome(
      'actual',
      status,
      lines.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    );
    const own = path === '/vary' ? ['Accept-Encoding', 'X-One, X-Two'] : [];
    const difference = differenceOf(request, outcomeOf(ORDERED, request, own), seen, 'equal');
    if (difference !== null) differences.push(`${method} ${origin}: ${difference}`);
  }
  const reached = raw.reached.length;
  await raw.close();
  return { differences, reached };
}

const without =
  (line: string | RegExp): Change =>
  (text) => {
    const changed = text.replace(line, '');
    if (changed === text) throw new Error('the mutant changes nothing');
    return changed;
  };

describe.skipIf(skipped)(`Apache with mod_cache${why}`, () => {
  test.each(['', 'CacheHeader on', 'CacheLock on'])('serves every origin from one copy: %s', async (more) => {
    expect(await answers(more)).toEqual({ differences: [], reached: 1 });
  });

  test.each([
    ['ordered rules', ORDERED],
    ['rules of OSS', EQUAL],
  ])('answers as the rules: %s', async (_, rules) => {
    const program = apacheWith(MODULES, `${STORE}\nCacheDefaultExpire 60\nCacheIgnoreNoLastMod On`);
    await expectProved(apache, program, rules, 1_000);
    expect(await differencesWhenDown(apache, program, rules)).toBe(0);
  });

  test('serves a copy with the Vary of the bucket', async () => {
    expect(await answers('', undefined, '/vary')).toEqual({ differences: [], reached: 1 });
  });

  test.each([
    ['copies stored after the headers', without(/ +SetOutputFilter CACHE\n/)],
    ['copies with CORS headers', without(/ +CacheIgnoreHeaders [\s\S]*?(?=<)/)],
    ['copies that are served first', without(/ +CacheQuickHandler off\n/)],
  ])('is found to differ with %s', async (_, change) => {
    expect(await answers('', change)).not.toEqual({ differences: [], reached: 1 });
  });

  test.each(['CacheQuickHandler on', 'SetOutputFilter DEFLATE'])(
    'serves copies that allow nothing where %s follows',
    async (directive) => {
      const { differences } = await answers(directive);
      expect(differences.filter((one) => !/: (?:lacks "|has "vary: )/.test(one))).toEqual([]);
    },
  );
});
