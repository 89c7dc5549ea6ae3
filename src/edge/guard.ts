import type { FlatHeaders } from '../bucket/transport.ts';
import { decide } from '../cors/decide.ts';
import type { Bucket } from './bucket.ts';
import type { Routed } from './context.ts';
import type { EdgeFault } from './errors.ts';
import { hostOf, isLoopbackHost } from './host.ts';
import { asksForRules } from './management/asked.ts';
import { pathOf } from './route.ts';

/**
 * Whether a bucket is served under a host. With DNS rebinding, the name of an attacker's page resolves to this machine:
 * the page then has the bucket's origin, and CORS does not restrict it. No browser sends an empty Host.
 */
export function servesHost({ guard }: Bucket, host: string): boolean {
  if (guard === undefined || guard.names === null) return true;
  const name = hostOf(host);
  return name !== null && (name === '' || isLoopbackHost(name) || guard.names.includes(name));
}

const WRITES: readonly string[] = ['PUT', 'POST', 'DELETE'];

/**
 * Returns why a guarded bucket refuses a page's write, or null: the rules allow it, or the client is not a page. Browsers
 * send some writes without a preflight, so the rules decide here too. No page may write the rules: a page that may write
 * objects could otherwise store a page that grants it every right. Where the edge stores the rules, the signature decides.
 */
export function writeFault(request: Routed): EdgeFault | null {
  const { bucket, exchange, head, inForce, target } = request;
  if (!WRITES.includes(exchange.method)) return null;
  // Here a write of the rules needs a signature, which a page can make only if it has a key.
  if (bucket.management?.mode === 'keep' && asksForRules(request)) return null;
  const site = fetchSite(exchange.headers);
  if (head.origin === null && (site === null || site === 'none')) return null;
  if (isRoot(target)) return 'WriteNotAllowed';
  const own = site === null ? isOwn(head.origin ?? '', head.host) : site === 'same-origin' || site === 'none';
  return own || decide(inForce.rules, head).reason === 'matched' ? null : 'WriteNotAllowed';
}

/** Whether a target is the bucket itself. The only write that a folder accepts there writes its rules (`/?cors`). */
const isRoot = (target: string): boolean => /^\/?$/.test(pathOf(target));

/** For older browsers, which send no Sec-Fetch-Site. */
const isOwn = (origin: string, host: string): boolean =>
  origin.slice(origin.indexOf('://') + '://'.length).toLowerCase() === host.toLowerCase();

const FETCH_SITE = 'sec-fetch-site';

/** Sec-Fetch-Site. Several lines are joined to a value that no browser sends. */
function fetchSite(headers: FlatHeaders): string | null {
  const found = headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === FETCH_SITE);
  return found.length === 0 ? null : found.join(', ');
}
