import { listOf, type PageRequest } from '../../analysis/browser/check.ts';
import { judge } from '../../analysis/browser/judge.ts';
import type { PreflightCache } from '../../analysis/browser/preflight-cache.ts';
import { actualRequest, preflightRequest } from '../../analysis/table.ts';
import type { Facts } from '../../cors/decide.ts';
import * as names from '../../cors/names.ts';
import type { Outcome } from '../outcome.ts';

/** What answers requests: rules, or a deployed configuration. */
export type Answering = (request: Facts) => Outcome;

/** What a page notices of an edge that it sends a request to. */
export interface PageVerdict {
  /** The browser sends the request: it needs no preflight, or the preflight passes. */
  readonly sends: boolean;
  /** Scripts get the answer. */
  readonly passes: boolean;
  /** The response headers that scripts can read, in lower case; `*` for all. */
  readonly readable: readonly string[];
  /** How long browsers cache the preflight; null without one that passes. */
  readonly cache: PreflightCache | null;
  readonly maxAge: string | null;
  /** The actual answer has `Vary: Origin`, or `Vary: *`. */
  readonly varies: boolean;
}

/**
 * Asks for the preflight's answer and the actual one, and judges both as a browser does. An actual answer to a method whose
 * preflight does not pass makes no difference: no page gets it.
 */
export function pageVerdict(answer: Answering, page: PageRequest): PageVerdict {
  const asked = answer(preflightRequest(page.origin, page.method, page.headers));
  const actual = answer(actualRequest(page.origin, page.method));
  const { passes, refused, readable, preflightSeconds } = judge(page, {
    preflight: { status: asked.status ?? 200, headers: asked.headers },
    actual,
  });
  return {
    sends: refused !== 'preflight' && refused !== 'request',
    passes,
    readable: readable === '*' ? ['*'] : readable,
    cache: preflightSeconds,
    maxAge: listOf(asked.headers, names.MAX_AGE)?.join(', ') ?? null,
    varies: variesByOrigin(actual),
  };
}

/** Whether a cache may serve the answer only to requests with the same Origin. */
export const variesByOrigin = ({ headers }: Outcome): boolean =>
  (listOf(headers, names.VARY) ?? []).some((name) => name === '*' || name.toLowerCase() === names.ORIGIN);
