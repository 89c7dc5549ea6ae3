import { describe, expect, test } from 'vitest';
import { type Answered, call, corsHeaders, element, value, values } from '../helpers/client.ts';
import { rule } from '../helpers/rules.ts';
import { isError } from './errors.ts';
import { type Edge, type Runtime, useEdge } from './runtime.ts';
import { A, EVERYBODY, EVERYBODY_HEADERS, ONE_ORIGIN, PREFLIGHT_VARY, STRANGER, setOf } from './sets.ts';

const METHOD = 'Access-Control-Request-Method';
const HEADERS = 'Access-Control-Request-Headers';

/** Header lines with more than one value of a singleton field. */
const REPEATED: readonly [name: string, code: string, lines: readonly string[]][] = [
  ['an allowed Origin and another', 'InvalidOrigin', ['Origin', A, 'Origin', STRANGER]],
  ['another Origin and an allowed one', 'InvalidOrigin', ['Origin', STRANGER, 'origin', A]],
  ['the same Origin twice', 'InvalidOrigin', ['Origin', A, 'ORIGIN', A]],
  ['a list of origins in one line', 'InvalidOrigin', ['Origin', `${A}, ${STRANGER}`]],
  ['a list of origins without a space', 'InvalidOrigin', ['Origin', `${A},${STRANGER}`]],
  ['two methods asked for', 'InvalidRequestMethod', ['Origin', A, METHOD, 'GET', METHOD, 'PUT']],
  ['one method asked for twice', 'InvalidRequestMethod', ['Origin', A, METHOD, 'GET', METHOD, 'GET']],
  ['a list of methods in one line', 'InvalidRequestMethod', ['Origin', A, METHOD, 'GET, PUT']],
];

/** workerd drops an empty value: there only the allowed Origin remains. */
const EMPTY_FIRST: (typeof REPEATED)[number] = [
  'an empty Origin and an allowed one',
  'InvalidOrigin',
  ['Origin', '', 'Origin', A],
];

const SUBDOMAINS = setOf(rule({ allowedOrigins: ['https://*'], allowedMethods: ['GET', 'PUT'] }));

async function ask(edge: Edge, method: string, headers: readonly string[]): Promise<Answered> {
  const answered = await call(edge.url, {
    method,
    target: '/key',
    headers,
    ...(method === 'PUT' && { body: 'a body' }),
  });
  expect(edge.bucket.asked).toEqual([]);
  return answered;
}

export function addRepeatedTests(runtime: Runtime): void {
  const repeated = runtime.name === 'workerd' ? REPEATED : [...REPEATED, EMPTY_FIRST];

  describe.each([
    ['one origin', ONE_ORIGIN],
    ['a pattern', SUBDOMAINS],
  ])('under rules for %s, the answer is 400 with no-store', (_, rules) => {
    const edge = useEdge(runtime, { rules });

    test.each(repeated)('for %s: %s', async (_name, code, lines) => {
      for (const method of ['GET', 'PUT', 'OPTIONS']) {
        const answered = await ask(edge(), method, lines);
        isError(answered, 400, code);
        if (code === 'InvalidOrigin') expect(corsHeaders(answered)).toEqual({});
        expect(value(answered, 'vary')).toBe(method === 'OPTIONS' ? PREFLIGHT_VARY : 'Origin');
      }
    });

    test('and has no list in Access-Control-Allow-Origin', async () => {
      for (const method of ['GET', 'OPTIONS']) {
        const answered = await ask(edge(), method, ['Origin', A, 'Origin', STRANGER, METHOD, 'GET']);
        expect(values(answered, 'access-control-allow-origin')).toEqual([]);
      }
    });
  });

  describe('under rules that allow every origin', () => {
    const edge = useEdge(runtime, { dialect: 's3', rules: EVERYBODY });

    test.each(repeated)('a page can read the 400 for %s', async (_, code, lines) => {
      const answered = await ask(edge(), 'GET', lines);
      isError(answered, 400, code, 'x-amz-request-id');
      expect(corsHeaders(answered)).toEqual(EVERYBODY_HEADERS);
      expect(values(answered, 'vary')).toEqual([]);
    });
  });

  describe('with the debug header on', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN, debugReason: true });

    test('a list of origins gets an error code beside the reason', async () => {
      const answered = await ask(edge(), 'GET', ['Origin', A, 'Origin', STRANGER]);
      expect(value(answered, 'x-bucket-cors-code')).toBe('InvalidOrigin');
      expect(value(answered, 'x-bucket-cors-reason')).toBe('origin_not_allowed');
    });
  });

  describe('an Origin that contains white space', () => {
    const edge = useEdge(runtime, { rules: SUBDOMAINS, debugReason: true });

    test.each([
      ['a space', `${A} ${STRANGER}`],
      ['a tab', `${A}\t${STRANGER}`],
    ])('matches no pattern: %s', async (_, origin) => {
      const preflight = await ask(edge(), 'OPTIONS', ['Origin', origin, METHOD, 'GET']);
      expect(preflight.status).toBe(403);
      expect(element(preflight, 'Reason')).toBe('origin_not_allowed');
      const answered = await call(edge().url, { target: '/key', headers: ['Origin', origin] });
      expect(answered.status).toBe(200);
      for (const each of [preflight, answered]) {
        expect(corsHeaders(each)).toEqual({});
        expect(value(each, 'x-bucket-cors-reason')).toBe('origin_not_allowed');
      }
    });
  });

  describe('requested headers', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN });
    const preflight = (...lines: readonly string[]) =>
      ask(edge(), 'OPTIONS', ['Origin', A, METHOD, 'GET', ...lines.flatMap((line) => [HEADERS, line])]);

    test('on one line, as browsers send them, allow caches to store the answer', async () => {
      const answered = await preflight('content-type,x-oss-a');
      expect(answered.status).toBe(200);
      expect(values(answered, 'cache-control')).toEqual([]);
    });

    test.each([
      ['allowed', 200, ['content-type', 'x-oss-a']],
      ['refused', 403, ['content-type', 'x-other']],
      ['allowed, with a comma at the end of the first line', 200, ['content-type,', 'x-oss-a']],
    ])('on several lines are one list, %s, and no cache may store the answer', async (_, status, lines) => {
      const answered = await preflight(...lines);
      expect(answered.status).toBe(status);
      expect(value(answered, 'cache-control')).toBe('no-store');
      if (status === 200)
        expect(value(answered, 'access-control-allow-headers')).toBe('content-type, x-oss-a');
    });
  });
}
