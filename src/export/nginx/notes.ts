import type { CompiledRules } from '../../cors/compile.ts';
import type { Grade } from '../outcome.ts';
import type { Note } from '../target.ts';
import type { Tables } from './tables.ts';

/** nginx 1.22 fits 500 origins of usual length into its hash of 2,048 buckets of 64 bytes, and not 1,000. */
const MANY_ORIGINS = 500;

/** The grade of an export, and what an operator must know. */
export function notesFor(
  { rules }: CompiledRules,
  { groups }: Tables,
): { readonly grade: Grade; readonly notes: readonly Note[] } {
  const allowsHeaders = rules.some(({ rule }) => rule.allowedHeaders.length > 0);
  const isLarge = groups.flatMap(({ origins }) => origins).length > MANY_ORIGINS;
  return {
    grade: allowsHeaders ? 'same verdict' : 'equal',
    notes: [
      ...(allowsHeaders ? [{ about: AS_SENT }] : []),
      { about: OUTER },
      { about: SEVERAL_VARY, command: "curl -sD - -o /dev/null https://DOMAIN/KEY | grep -ci '^vary:'" },
      { about: INTERIM },
      ...(isLarge ? [{ about: LARGE }] : []),
    ],
  };
}

const AS_SENT =
  "Allow-Headers repeats the request's list as it was sent: nginx cannot write it in lower case and without duplicates. Browsers compare its names without case.";
const OUTER =
  'A location with proxy_set_header, proxy_hide_header or add_header lines inherits no such line of outer levels: repeat those that it needs, such as proxy_set_header Host.';
const SEVERAL_VARY =
  'nginx before 1.23 reads the first of several lines: of Vary in an answer of the bucket, of Origin, Access-Control-Request-Method and Access-Control-Request-Headers in a request. Browsers send one line. Ask the bucket for an object: the command must print 0 or 1.';
/** https://github.com/nginx/nginx/issues/1427 */
const INTERIM =
  'nginx takes an interim answer of the bucket, 100 or before nginx 1.29 also 103, for the answer itself: what follows passes unchanged. No store is known to send one to a request without Expect, which nginx removes.';
const LARGE =
  'nginx may warn of a map_hash that is not optimal, and works. Against the warning write map_hash_max_size 16384; and map_hash_bucket_size 256; in http {} before the first map.';
