import { describe, expect, test } from 'vitest';
import type { BucketCorsOptions } from '../../src/config/middleware.ts';
import type { RuleSet } from '../../src/cors/rule.ts';
import { toXml } from '../../src/document/xml.ts';
import type { Loaded, Source } from '../../src/rules/source.ts';
import { inlineSource } from '../../src/rules/sources/inline.ts';
import { rule } from '../helpers/rules.ts';
import { A, EVERYBODY, EVERYBODY_HEADERS, STRANGER } from '../suite/sets.ts';
import { ASKING, appWith, corsHeadersOf, type Handler } from './_middleware.ts';

const XML =
  '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>';
const JSON_TEXT = '{"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]}';
const GOOD = { outcome: 'rules', ruleSet: EVERYBODY, warnings: [] } as const;
const FAILED = { outcome: 'unknown', cause: 'the store is away', cure: 'Wait.' } as const;

const sourceOf = (load: () => Promise<Loaded>): Source => ({ kind: 'url', name: 'a test', load });

describe('rules of bucketCors', () => {
  test.each<[string, BucketCorsOptions['rules']]>([
    ['XML', XML],
    ['JSON', JSON_TEXT],
    ['a rule set', { rules: [rule()], responseVary: false }],
    ['a source', inlineSource(XML)],
  ])('may be given as %s', async (_, rules) => {
    const app = appWith((c) => c.text('the object'), { rules });
    const answered = await app.request('/key', { headers: { Origin: STRANGER } });
    expect(answered.headers.get('access-control-allow-origin')).toBe('*');
  });

  test('give no origin CORS headers if the rule set is empty', async () => {
    const app = appWith((c) => c.text(''), { rules: { rules: [], responseVary: false } });
    expect(corsHeadersOf(await app.request('/key', { headers: { Origin: A } }))).toEqual({});
  });

  test('that cannot be loaded give no-store, and 503 with Retry-After for preflights', async () => {
    const lines: string[] = [];
    const rules = sourceOf(async () => FAILED);
    const handler: Handler = () =>
      new Response('the object', {
        headers: {
          'Cache-Control': 'public, max-age=31536000',
          'CDN-Cache-Control': 'max-age=60',
          'X-Accel-Expires': '60',
          Expires: 'Thu, 01 Jan 2099 00:00:00 GMT',
          'Access-Control-Allow-Origin': '*',
        },
      });
    const app = appWith(handler, { rules, warn: (line) => lines.push(line) });
    const answered = await app.request('/key', { headers: { Origin: A } });
    expect(await answered.text()).toBe('the object');
    expect(corsHeadersOf(answered)).toEqual({ vary: 'Origin', 'cache-control': 'no-store' });
    for (const name of ['cdn-cache-control', 'expires', 'x-accel-expires'])
      expect(answered.headers.has(name), name).toBe(false);
    const asked = await app.request('/key', { method: 'OPTIONS', headers: ASKING });
    expect(asked.status).toBe(503);
    expect(await asked.text()).toContain('<Reason>rules_unavailable</Reason>');
    expect(asked.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(asked.headers.get('cache-control')).toBe('no-store');
    expect(lines).toEqual(['bucketCors: the store is away. Wait.']);
  });

  test('are loaded once for concurrent requests, and the load is passed to waitUntil', async () => {
    let loads = 0;
    const rules = sourceOf(async () => {
      loads += 1;
      return GOOD;
    });
    const app = appWith((c) => c.text(''), { rules });
    const waited: Promise<unknown>[] = [];
    const context = {
      waitUntil: (work: Promise<unknown>) => void waited.push(work),
      passThroughOnException: () => {},
      props: {},
    };
    const answers = await Promise.all([1, 2, 3].map(() => app.request('/key', {}, {}, context)));
    expect(answers.map(corsHeadersOf)).toEqual([EVERYBODY_HEADERS, EVERYBODY_HEADERS, EVERYBODY_HEADERS]);
    expect(loads).toBe(1);
    expect(waited.length).toBeGreaterThan(0);
    await Promise.all(waited);
  });

  test('with a skipped value cause a warning', async () => {
    const doubtful = XML.replace('<CORSRule>', '<CORSRule><Remark>5</Remark>');
    const lines: string[] = [];
    const warn = (line: string) => void lines.push(line);
    await appWith((c) => c.text(''), { rules: doubtful, warn }).request('/key');
    await appWith((c) => c.text(''), { rules: inlineSource(doubtful), warn }).request('/key');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/CORSRule\[1\]\/Remark/);
  });

  const SLASHES = (count: number) => ({
    rules: [rule({ allowedOrigins: Array.from({ length: count }, (_, at) => `https://a${at}.example/`) })],
    responseVary: false,
  });

  test.each<[string, (ruleSet: RuleSet) => BucketCorsOptions['rules'], RegExp]>([
    ['text', (ruleSet) => toXml(ruleSet), /^bucketCors: BC101 .*"https:\/\/a0\.example\/".*; write /],
    ['a rule set', (ruleSet) => ruleSet, /^bucketCors: BC101 /],
    [
      'a source',
      (ruleSet) => sourceOf(async () => ({ outcome: 'rules', ruleSet, warnings: [] })),
      /^bucketCors: a test: BC101 .*"https:\/\/a0\.example\/"/,
    ],
  ])('given as %s cause a line for each of their findings, once', async (_, given, line) => {
    const lines: string[] = [];
    const warn = (text: string) => void lines.push(text);
    const app = appWith((c) => c.text(''), { rules: given(SLASHES(1)), warn });
    for (let at = 0; at < 3; at += 1) await app.request('/key');
    expect(lines.filter((text) => text.includes('BC101'))).toEqual([expect.stringMatching(line)]);
  });

  test('with many findings cause twenty lines, and one that counts the rest', () => {
    const lines: string[] = [];
    appWith((c) => c.text(''), { rules: SLASHES(25), warn: (line) => void lines.push(line) });
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toMatch(/^bucketCors: \d+ more findings/);
  });
});
