import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { answer } from '../../src/cors/answer.ts';
import type { VaryMode } from '../../src/cors/behaviour.ts';
import { compileRules, missingBucket } from '../../src/cors/compile.ts';
import { decide, type Facts } from '../../src/cors/decide.ts';
import { refusal } from '../../src/cors/refusal.ts';
import { varyHeader } from '../../src/cors/vary.ts';
import { behaviour, record } from '../helpers/rules.ts';
import { OWN, ruleSetOf, SHARED, type Vector, vectors } from '../helpers/vectors.ts';
import { varyOf } from './_naive.ts';

/** The vectors that `safe` mode answers differently, with the reason. */
const ONLY_IN_STORE_MODE: Readonly<Record<string, string>> = {
  's3-get-acrm-overrides-real-method':
    'semantics.md §2.6: in safe mode only the own method of an actual request is compared',
};

function factsOf({ request }: Vector): Facts {
  const header = (name: string) =>
    Object.entries(request.headers).find(([key]) => key.toLowerCase() === name)?.[1] ?? null;
  return {
    method: request.method,
    origin: header('origin'),
    requestMethod: header('access-control-request-method'),
    requestHeaders: header('access-control-request-headers'),
  };
}

function respond(vector: Vector, vary: VaryMode) {
  const how = behaviour(vector.provider, vary);
  const rules = vector.bucketExists === false ? missingBucket(how) : compileRules(ruleSetOf(vector), how);
  const facts = factsOf(vector);
  const decision = decide(rules, facts);
  const made = answer(rules, decision);
  const refused = refusal(rules, decision, facts, vector.request.path === '/' ? 'BUCKET' : 'OBJECT');
  return { headers: record([...made.headers, ...varyHeader([], made.vary)]), refused, noStore: made.noStore };
}

const list = (value: string | undefined) => value?.split(',').map((item) => item.trim());
const withoutFullStop = (text: string | undefined) => text?.replace(/\.$/, '');

function expectAnswer(vector: Vector, vary: VaryMode): void {
  const { headers, refused, noStore } = respond(vector, vary);
  const wanted = vector.expect;
  const checked = (name: string) => vary === 'store' || name !== 'Vary';
  for (const [name, value] of Object.entries(wanted.headers ?? {}).filter(([name]) => checked(name)))
    expect(list(headers[name]), name).toEqual(list(value));
  for (const name of (wanted.absent ?? []).filter(checked)) expect(headers, name).not.toHaveProperty(name);
  if (checked('Vary')) {
    for (const name of wanted.varyIncludes ?? []) expect(list(headers.Vary)).toContain(name);
  }
  // The status of any other method is the store's OWN, not a CORS decision.
  if (vector.request.method === 'OPTIONS' && wanted.status !== undefined)
    expect(refused?.status ?? 200).toBe(wanted.status);
  if (wanted.errorCode !== undefined) expect(refused?.code).toBe(wanted.errorCode);
  if (wanted.errorMessage !== undefined)
    expect(withoutFullStop(refused?.message)).toBe(withoutFullStop(wanted.errorMessage));
  if (wanted.errorXml !== undefined)
    expect(Object.fromEntries(refused?.details ?? [])).toEqual(wanted.errorXml);
  expect(noStore).toBe(false);
}

describe('the captured answers of real stores', () => {
  test('are all in the fixture', () => {
    expect(vectors.length).toBeGreaterThanOrEqual(65);
    expect(new Set(vectors.map(({ id }) => id)).size).toBe(vectors.length);
    expect(vectors.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(ONLY_IN_STORE_MODE)));
  });

  test.runIf(existsSync(SHARED))('are the same, byte for byte, in the SHARED file and in the fixture', () => {
    expect(readFileSync(OWN).equals(readFileSync(SHARED))).toBe(true);
  });
});

describe('`store` mode answers as the captured store did (semantics.md §2–§4)', () => {
  test.each(vectors)('$id', (vector) => expectAnswer(vector, 'store'));
});

describe('`safe` mode answers as the captured store did except for Vary, which follows the safe rule of §4', () => {
  const same = vectors.filter(({ id }) => !(id in ONLY_IN_STORE_MODE));
  test.each(same)('$id', (vector) => expectAnswer(vector, 'safe'));

  test.each(vectors)('$id has the Vary of the safe rule', (vector) => {
    const expected = varyOf(ruleSetOf(vector), behaviour(vector.provider, 'safe'), factsOf(vector));
    expect(respond(vector, 'safe').headers.Vary ?? null).toBe(expected);
  });

  test.each(Object.entries(ONLY_IN_STORE_MODE))('%s differs because of %s', (id) => {
    const vector = vectors.find((candidate) => candidate.id === id);
    expect(vector && respond(vector, 'safe').headers).toHaveProperty('Access-Control-Allow-Origin');
  });
});
