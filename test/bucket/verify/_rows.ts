import { describe, expect, test } from 'vitest';
import { type Attempt, outcomeOf, setHeader, signed } from './_forms.ts';

export const MISMATCH = '403 SignatureDoesNotMatch';
export const DENIED = '403 AccessDenied';
export const INVALID = '400 InvalidArgument';
export const MALFORMED = '400 AuthorizationHeaderMalformed';
export const PARAMETERS_ERROR = '400 AuthorizationQueryParametersError';

export const V1 = ['OSS V1 header'];
export const V4 = ['OSS V4 header'];
export const SIG = ['SigV4 header'];
export const OSS_HEADERS = [...V1, ...V4];
export const V1_URL = ['OSS V1 URL'];
export const V4_URL = ['OSS V4 URL'];
export const SIG_URL = ['SigV4 URL'];

export const authorization = (value: string | ((value: string) => string)) =>
  setHeader('authorization', value);
/** Changes a part of the Authorization header. */
export const replaced = (from: RegExp | string, to: string) =>
  authorization((value) => value.replace(from, to));

/** A request in one of the forms, and its outcome. */
export type Row = readonly [
  what: string,
  forms: readonly string[],
  attempt: Partial<Attempt>,
  outcome: string,
];

export function describeRows(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    test.each(
      rows.flatMap(([what, forms, attempt, outcome]) =>
        forms.map((form) => [what, form, outcome, attempt] as const),
      ),
    )('%s, by %s: %s', async (_, form, outcome, attempt) => {
      expect(await outcomeOf(await signed(form, attempt))).toBe(outcome);
    });
  });
}
