import type { Context } from 'hono';

/**
 * Whether a page of another origin sent a request: any page can make a browser send a POST here. Browsers add Origin or
 * Sec-Fetch-Site; `none` means that the user entered the URL.
 */
export function isForeignPage({ req }: Context): boolean {
  const [origin, site] = [req.header('Origin'), req.header('Sec-Fetch-Site')];
  if (origin === undefined) return site !== undefined && site !== 'none';
  const isOwn = URL.parse(origin)?.host === req.header('Host')?.toLowerCase();
  return !isOwn || (site !== undefined && site !== 'same-origin');
}
