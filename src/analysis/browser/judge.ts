import * as names from '../../cors/names.ts';
import {
  corsCheck,
  type Failure,
  type HeaderPairs,
  listOf,
  type PageRequest,
  preflightCheck,
} from './check.ts';
import { type PreflightCache, preflightCache } from './preflight-cache.ts';
import { ALWAYS_READABLE, isForbiddenMethod, isSafeMethod, NEVER_READABLE } from './safelist.ts';
import { becauseOf, type Refused } from './words.ts';

/** What a server answers to a page's request. */
export interface Answers {
  /** The answer to the preflight, which counts only if the request needs one. */
  readonly preflight: { readonly status: number; readonly headers: HeaderPairs };
  /** The headers of the answer to the request itself. */
  readonly actual: { readonly headers: HeaderPairs };
}

/** What a browser does with a page's request. */
export interface Judgement {
  /** Whether the browser sends a preflight first. */
  readonly preflights: boolean;
  /** Whether the page gets the answer. */
  readonly passes: boolean;
  /** What the browser refuses. It never sends a refused request, nor the request of a refused preflight. */
  readonly refused: Refused | null;
  readonly failure: Failure | null;
  /** What the browser does and why, in sentences. */
  readonly because: string;
  /** The response headers that scripts can read, in lower case; `*` for all but cookies. Empty if the page gets no answer. */
  readonly readable: readonly string[] | '*';
  /** For how many seconds browsers cache the preflight's answer; null without a preflight that passes. */
  readonly preflightSeconds: PreflightCache | null;
}

/** Returns what a browser does with answers (Fetch standard, "CORS check" and "CORS-preflight fetch"; semantics.md §8). */
export function judge(request: PageRequest, { preflight, actual }: Answers): Judgement {
  if (isForbiddenMethod(request.method)) return neverSent(request);
  const preflights = !isSafeMethod(request.method) || request.headers.length > 0;
  const unasked = preflights ? preflightCheck(request, preflight.status, preflight.headers) : null;
  const failed = unasked ?? corsCheck(request, actual.headers);
  const refused = failed === null ? null : unasked === null ? 'actual' : 'preflight';
  return {
    preflights,
    passes: failed === null,
    refused,
    failure: failed?.failure ?? null,
    because: becauseOf(request, preflights, refused, failed),
    readable: failed === null ? readableOf(request, actual.headers) : [],
    preflightSeconds: preflights && unasked === null ? preflightCache(preflight.headers) : null,
  };
}

/** Fetch standard, "new Request(input, init)": a forbidden method throws before anything is sent. */
function neverSent(request: PageRequest): Judgement {
  const failed = { failure: 'forbidden_method', value: request.method } as const;
  return {
    preflights: false,
    passes: false,
    refused: 'request',
    failure: failed.failure,
    because: becauseOf(request, false, 'request', failed),
    readable: [],
    preflightSeconds: null,
  };
}

/** Fetch standard, "CORS filtered response". */
function readableOf({ credentials }: PageRequest, headers: HeaderPairs): readonly string[] | '*' {
  const exposed = (listOf(headers, names.EXPOSE_HEADERS) ?? []).map((name) => name.toLowerCase());
  if (!credentials && exposed.includes('*')) return '*';
  const named = exposed.filter((name) => !NEVER_READABLE.includes(name));
  return [...new Set([...ALWAYS_READABLE, ...named])].sort();
}
