import { ALLOW_CREDENTIALS, EXPOSE_HEADERS } from '../cors/names.ts';

/** What a page may do with answers that carry `Access-Control-Allow-Credentials: true`. */
export const CREDENTIALS = 'credentials';

/**
 * What an answer grants a page whose request it allows: the response headers that scripts may read, in lower case, and
 * `credentials`. Allow-Origin grants no more in one form than in the other, a time limit grants nothing, and each method
 * of Allow-Methods and each header of Allow-Headers has preflights of its own.
 */
export function grantsOf(headers: readonly string[]): ReadonlySet<string> {
  const grants = new Set<string>();
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] === ALLOW_CREDENTIALS) grants.add(CREDENTIALS);
    if (headers[at] === EXPOSE_HEADERS)
      for (const name of (headers[at + 1] ?? '').split(', ')) grants.add(name.toLowerCase());
  }
  return grants;
}

/**
 * The grants of one answer that the other lacks. Of an answer to a preflight, browsers read Allow-Credentials alone: only
 * the answer to the request itself exposes headers (Fetch standard, "CORS filtered response").
 */
export function missingGrants(
  from: readonly string[],
  of: readonly string[],
  kind: 'preflight' | 'actual' = 'actual',
): readonly string[] {
  const present = grantsOf(from);
  const missing = [...grantsOf(of)].filter((grant) => !present.has(grant));
  return kind === 'actual' ? missing : missing.filter((grant) => grant === CREDENTIALS);
}
