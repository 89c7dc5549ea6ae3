import type { Read } from '../../bucket/read.ts';
import { type Behaviour, DIALECT_NAMES, type Dialect } from '../../cors/behaviour.ts';
import type { Fault } from '../../document/fault.ts';
import { isFields } from '../../document/fields.ts';
import type { Loaded, Source } from '../../rules/source.ts';
import type { Token } from '../../rules/sources/kind.ts';

/** The rules of one bucket of an edge, as its admin port answers them at `/rules`. */
export interface EdgeRules {
  readonly bucket: string;
  readonly behaviour: Behaviour;
  /** JSON of ossutil or of S3. */
  readonly text: string;
  readonly hasRules: boolean;
  readonly warnings: readonly Fault[];
}

/** Room for the rules of many buckets: with several the answer names them all. */
const MAX_BYTES = 4 * 1_048_576;
const MAX_NAMES = 20;

/** A source that asks a running edge for rules in force, and passes on what it answered. */
export function edgeSource(
  admin: string,
  read: Read,
  token: Token | undefined,
  take: (rules: EdgeRules) => void,
): Source {
  const url = rulesAt(admin);
  const name = url.origin + url.pathname;
  return {
    kind: 'edge',
    name,
    load: async (signal) => {
      const bearer = token === undefined ? null : await token();
      const headers = bearer === null ? [] : ['Authorization', `Bearer ${bearer}`];
      const { status, text } = await read(url.href, headers, { maxBytes: MAX_BYTES, signal });
      if (status === 401 || status === 403) return unknown(`${name} answered ${status}`, NEEDS_TOKEN);
      const json = parsed(text);
      if (status === 404 && isFields(json) && Array.isArray(json.buckets))
        return unknown(`${name}: ${String(json.error)}`, nameOne(json.buckets));
      if (status !== 200 || !isFields(json) || !Array.isArray(json.buckets))
        return unknown(`${name} answered ${status}, and not as an admin port does`, NOT_ADMIN);
      return oneOf(json.buckets, name, take);
    },
  };
}

const NEEDS_TOKEN = 'Name the place of its token with --admin-token env:NAME or file:PATH.';
const NOT_ADMIN = "Write the URL of the edge's admin port, such as http://127.0.0.1:8081.";

/** `/rules` behind the admin path; the query may name a bucket. */
function rulesAt(admin: string): URL {
  const url = new URL(admin);
  url.pathname = `${url.pathname.replace(/\/(?:rules\/?)?$/, '')}/rules`;
  url.hash = '';
  return url;
}

function oneOf(buckets: readonly unknown[], name: string, take: (rules: EdgeRules) => void): Loaded {
  const [first, ...more] = buckets;
  if (more.length > 0) return unknown(`${name} has ${buckets.length} buckets`, nameOne(buckets));
  if (!isFields(first)) return unknown(`${name} serves no bucket`, NOT_ADMIN);
  const { bucket, state, dialect, vary, outcome, warnings, failure, rules } = first;
  if (!isDialect(dialect) || typeof bucket !== 'string') return unknown(`${name} names no store`, NOT_ADMIN);
  if (outcome === 'missing') return { outcome: 'missing' };
  if (!isFields(rules)) {
    const cause = isFields(failure) ? `: ${String(failure.cause)}` : '';
    return unknown(`${name}: bucket ${bucket} has no rules in force, state ${String(state)}${cause}`, LOAD);
  }
  take({
    bucket,
    behaviour: {
      dialect,
      vary: vary === 'store' ? 'store' : 'safe',
      dangerouslyAllowCredentials: first.dangerouslyAllowCredentials === true,
    },
    text: JSON.stringify(rules, null, 2),
    hasRules: outcome === 'rules',
    warnings: Array.isArray(warnings) ? warnings.filter(isFault) : [],
  });
  return { outcome: 'none' };
}

const LOAD = 'Correct the cause, then load the rules with POST /refresh.';

const nameOne = (buckets: readonly unknown[]): string => {
  const names = buckets.map((one) => (isFields(one) ? String(one.bucket) : String(one)));
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return `Name one with --bucket, or with ?bucket=NAME: ${names.slice(0, MAX_NAMES).join(', ')}${more}.`;
};

const unknown = (cause: string, cure: string): Loaded => ({ outcome: 'unknown', cause, cure });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isDialect = (value: unknown): value is Dialect => DIALECT_NAMES.some((name) => name === value);

const isFault = (value: unknown): value is Fault =>
  isFields(value) && [value.place, value.reason, value.write].every((part) => typeof part === 'string');
