import type { RuleSet } from '../../src/cors/rule.ts';
import { type Answered, corsHeaders, value } from '../helpers/client.ts';
import { rule } from '../helpers/rules.ts';

const A = 'https://a.example';

/** Two rule sets that write a different value of every header, so that an answer made from both is detected. */
export const SETS: readonly [RuleSet, RuleSet] = [
  {
    rules: [
      rule({
        allowedMethods: ['GET', 'PUT'],
        allowedHeaders: ['x-both', 'x-first'],
        exposeHeaders: ['ETag'],
        maxAgeSeconds: 1,
      }),
    ],
    responseVary: false,
  },
  {
    rules: [
      rule({
        allowedOrigins: [A],
        allowedMethods: ['PUT', 'GET'],
        allowedHeaders: ['x-both'],
        exposeHeaders: ['x-second'],
        maxAgeSeconds: 2,
      }),
    ],
    responseVary: false,
  },
];

const FIRST = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, PUT',
  'access-control-expose-headers': 'ETag',
  'access-control-max-age': '1',
};
const SECOND = {
  'access-control-allow-origin': A,
  'access-control-allow-methods': 'PUT, GET',
  'access-control-expose-headers': 'x-second',
  'access-control-max-age': '2',
};
const PREFLIGHT_VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

/** The rules' part of an answer, in one line. */
const lineOf = (status: number, cors: Readonly<Record<string, string>>, vary: string | undefined): string =>
  JSON.stringify([status, Object.entries(cors).sort(), vary ?? null]);

export const seen = (answered: Answered): string =>
  lineOf(answered.status, corsHeaders(answered), value(answered, 'vary'));

export interface Question {
  readonly method: string;
  readonly headers: readonly string[];
  /** The answers of the first and of the second set. */
  readonly right: readonly [string, string];
}

const asking = (names: string): readonly string[] => [
  ...['Origin', A, 'Access-Control-Request-Method', 'PUT'],
  ...['Access-Control-Request-Headers', names],
];
const allowing = (names: string) => ({ 'access-control-allow-headers': names });

/** Requests that the two sets answer differently. */
export const QUESTIONS: readonly Question[] = [
  {
    method: 'GET',
    headers: ['Origin', A],
    right: [lineOf(200, FIRST, undefined), lineOf(200, SECOND, 'Origin')],
  },
  {
    method: 'GET',
    headers: [],
    right: [lineOf(200, FIRST, undefined), lineOf(200, {}, 'Origin')],
  },
  {
    method: 'OPTIONS',
    headers: asking('x-both'),
    right: [
      lineOf(200, { ...FIRST, ...allowing('x-both') }, PREFLIGHT_VARY),
      lineOf(200, { ...SECOND, ...allowing('x-both') }, PREFLIGHT_VARY),
    ],
  },
  {
    method: 'OPTIONS',
    headers: asking('x-first'),
    right: [
      lineOf(200, { ...FIRST, ...allowing('x-first') }, PREFLIGHT_VARY),
      lineOf(403, {}, PREFLIGHT_VARY),
    ],
  },
];
