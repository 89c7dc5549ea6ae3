import { expect } from 'vitest';
import type { Rule, RuleSet } from '../../src/cors/rule.ts';
import { readDocument } from '../../src/document/read.ts';
import { call, corsHeaders } from '../helpers/client.ts';
import type { Way } from './_ways.ts';
import type { Witness } from './_witness.ts';

const APP = 'https://app.example.com';
const REPORTS = 'https://eu.reports.example.com';
const OTHER = 'https://other.example.com';

/** Rules in the AWS CLI's form. No origin matches two of them: a gateway of 2022 uses only the first match. */
export const RULES = {
  CORSRules: [
    {
      ID: 'the app',
      AllowedOrigins: [APP],
      AllowedMethods: ['GET', 'PUT'],
      AllowedHeaders: ['*'],
      ExposeHeaders: ['ETag', 'x-amz-meta-note'],
      MaxAgeSeconds: 60,
    },
    { ID: 'reports', AllowedOrigins: ['https://*.reports.example.com'], AllowedMethods: ['GET', 'HEAD'] },
  ],
};

/** Other rules to replace them. */
export const OTHER_RULES = {
  CORSRules: [{ AllowedOrigins: [OTHER], AllowedMethods: ['DELETE'], AllowedHeaders: ['x-amz-*'] }],
};

export interface Preflight {
  readonly origin: string;
  readonly method: string;
  readonly headers?: string;
}

const PREFLIGHTS: Readonly<Record<string, Preflight>> = {
  'a PUT with headers': { origin: APP, method: 'PUT', headers: 'content-type,x-amz-date' },
  'a GET': { origin: APP, method: 'GET' },
  'a method outside the rule': { origin: APP, method: 'DELETE' },
  'an origin by its pattern': { origin: REPORTS, method: 'HEAD' },
  'a header outside the rule': { origin: REPORTS, method: 'GET', headers: 'x-amz-date' },
  'another origin': { origin: OTHER, method: 'DELETE', headers: 'x-amz-date' },
};

/** The headers of a preflight's answer that a browser uses. */
interface Verdict {
  readonly status: number;
  readonly origin?: string | undefined;
  readonly exposed?: readonly string[];
  readonly maxAge?: string | undefined;
}

const REFUSED: Verdict = { status: 403 };
const allowed = (origin: string, exposed: readonly string[] = [], maxAge?: string): Verdict => ({
  status: 200,
  origin,
  exposed,
  maxAge,
});

const ALL_REFUSED = Object.fromEntries(Object.keys(PREFLIGHTS).map((name) => [name, REFUSED]));
const BY_RULES: Readonly<Record<string, Verdict>> = {
  ...ALL_REFUSED,
  'a PUT with headers': allowed(APP, ['etag', 'x-amz-meta-note'], '60'),
  'a GET': allowed(APP, ['etag', 'x-amz-meta-note'], '60'),
  'an origin by its pattern': allowed(REPORTS),
};
const BY_OTHER_RULES: Readonly<Record<string, Verdict>> = {
  ...ALL_REFUSED,
  'another origin': allowed(OTHER),
};

/** Verifies that `RULES` decide preflights. */
export const expectRulesStillInForce = async (way: Way): Promise<void> =>
  expect(await decided(way)).toEqual(BY_RULES);

/** A client's commands for the rules of a bucket. */
export interface RulesClient {
  put(way: Way, rules: typeof RULES | typeof OTHER_RULES): Promise<unknown>;
  /** A document, XML or JSON. */
  get(way: Way): Promise<string>;
  remove(way: Way): Promise<unknown>;
}

/** Puts, replaces and deletes rules. Each time the next preflight must follow the new rules. */
export async function expectRulesInForce(way: Way, witness: Witness, client: RulesClient): Promise<void> {
  const expectStored = async (rules: typeof RULES | typeof OTHER_RULES) => {
    const inBucket = rulesOf(await witness.rules(way.bucket));
    expect(inBucket, 'rules of the bucket').toEqual(
      way.rulesIn === 'bucket' ? rulesOf(JSON.stringify(rules)) : null,
    );
  };
  await client.put(way, RULES);
  expect(await decided(way), 'after the first PUT').toEqual(BY_RULES);
  await expectStored(RULES);
  expect(rulesOf(await client.get(way))).toEqual(rulesOf(JSON.stringify(RULES)));
  await client.put(way, OTHER_RULES);
  expect(await decided(way), 'after the second PUT').toEqual(BY_OTHER_RULES);
  await expectStored(OTHER_RULES);
  await client.remove(way);
  expect(await decided(way), 'after the DELETE').toEqual(ALL_REFUSED);
  expect(await witness.rules(way.bucket)).toBeNull();
}

/** The rules of a document in any form. */
export function ruleSetOf(text: string): RuleSet {
  const read = readDocument(text, 'store');
  if (!read.ok) throw new Error(`${JSON.stringify(read.faults)} in ${text}`);
  return read.ruleSet;
}

const rulesOf = (text: string | null): readonly Rule[] | null =>
  text === null ? null : ruleSetOf(text).rules;

async function decided(way: Way): Promise<Record<string, Verdict>> {
  const verdicts: Record<string, Verdict> = {};
  for (const [name, preflight] of Object.entries(PREFLIGHTS)) verdicts[name] = await ask(way, preflight);
  return verdicts;
}

/** Sends a request without a signature. */
export const sendTo = (
  { url, host, root }: Way,
  method: string,
  target: string,
  headers: readonly string[] = [],
) => call(url, { method, target: root + target, headers: ['Host', host, ...headers] });

/** Sends a preflight; the object need not exist. */
export const sendPreflight = (way: Way, { origin, method, headers }: Preflight) =>
  sendTo(way, 'OPTIONS', '/some/object', [
    ...['Origin', origin, 'Access-Control-Request-Method', method],
    ...(headers === undefined ? [] : ['Access-Control-Request-Headers', headers]),
  ]);

async function ask(way: Way, preflight: Preflight): Promise<Verdict> {
  const answered = await sendPreflight(way, preflight);
  const { status } = answered;
  if (status !== 200) return { status };
  const cors = corsHeaders(answered);
  expect(list(cors['access-control-allow-methods'])).toContain(preflight.method.toLowerCase());
  expect(list(cors['access-control-allow-headers'])).toEqual(list(preflight.headers));
  return {
    status,
    origin: cors['access-control-allow-origin'],
    exposed: list(cors['access-control-expose-headers']),
    maxAge: cors['access-control-max-age'],
  };
}

const list = (value = ''): string[] =>
  value
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== '');
