import * as names from '../../cors/names.ts';
import { type HeaderPairs, listOf } from './check.ts';

/** For how many seconds each browser caches a preflight's answer, for one URL, origin and credentials mode. */
export interface PreflightCache {
  readonly chromium: number;
  readonly firefox: number;
  readonly safari: number;
}

/** Seconds without a valid Access-Control-Max-Age (Fetch standard, "CORS-preflight fetch"). */
const DEFAULT_SECONDS = 5;
/** The limits that the browsers impose, in seconds (semantics.md §8). */
const LIMITS: PreflightCache = { chromium: 7_200, firefox: 86_400, safari: 600 };

/** Returns how long browsers cache a preflight's answer that passes. */
export function preflightCache(headers: HeaderPairs): PreflightCache {
  const [age, ...others] = listOf(headers, names.MAX_AGE) ?? [];
  const seconds =
    age !== undefined && others.length === 0 && /^\d+$/.test(age) ? Number(age) : DEFAULT_SECONDS;
  return {
    chromium: Math.min(seconds, LIMITS.chromium),
    firefox: Math.min(seconds, LIMITS.firefox),
    safari: Math.min(seconds, LIMITS.safari),
  };
}
