import type { FlatHeaders } from '../bucket/transport.ts';
import { decide } from '../cors/decide.ts';
import type { Served } from './context.ts';
import type { EdgeFault } from './errors.ts';
import { hostOf, isLoopbackHost } from './host.ts';
import { type Bucket, pathOf } from './route.ts';

/** What the edge checks for a bucket that checks no signature: a folder. */
export interface Guard {
  /** Names that it is served under besides localhost and loopback addresses; null: every name. */
  readonly names: readonly string[] | null;
}

/**
 * Whether a bucket is served under a host. A page whose name was pointed at this machine (DNS rebinding) is of the same
 * origin as the bucket then, and asks no rule. No browser sends an empty Host.
 */
export function servesHost({ guard }: Bucket, host: string): boolean {
  if (guard === undefined || guard.names === null) return true;
  const name = hostOf(host);
  return name !== null && (name === '' || isLoopbackHost(name) || guard.names.includes(name));
}

const WRITES: readonly string[] = ['PUT', 'POST', 'DELETE'];

/**
 * Why a guarded bucket takes no such write from a page; null where it does, and for clients that are no pages. A browser
 * sends some writes without a preflight, so the rules are asked again. No page changes the rules: one that may write
 * objects could else give itself every right through a page that it stores.
 */
export function writeFault({ exchange, facts, inForce, target }: Served): EdgeFault | null {
  if (!WRITES.includes(exchange.method)) return null;
  const site = fetchSite(exchange.headers);
  if (facts.origin === null && (site === null || site === 'none')) return null;
  if (isRoot(target)) return 'WriteNotAllowed';
  const own =
    site === null ? isOwn(facts.origin ?? '', facts.host) : site === 'same-origin' || site === 'none';
  return own || decide(inForce.rules, facts).reason === 'matched' ? null : 'WriteNotAllowed';
}

/** The bucket itself, where a folder takes no write but of its rules (`/?cors`). */
const isRoot = (target: string): boolean => /^\/?$/.test(pathOf(target));

/** Older browsers have no Sec-Fetch-Site. */
const isOwn = (origin: string, host: string): boolean =>
  origin.slice(origin.indexOf('://') + '://'.length).toLowerCase() === host.toLowerCase();

const FETCH_SITE = 'sec-fetch-site';

/** What the browser says of the page that asks; several lines are joined, which is not one of its words. */
function fetchSite(headers: FlatHeaders): string | null {
  const found = headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === FETCH_SITE);
  return found.length === 0 ? null : found.join(', ');
}
