import type { Context } from 'hono';

/** The headers by which browsers say which page sent a request. */
export interface Sender {
  readonly origin: string | undefined;
  /** Sec-Fetch-Site, which browsers send to trustworthy URLs alone: HTTPS and loopback. */
  readonly site: string | undefined;
  readonly host: string | undefined;
}

/**
 * Whether a page of another origin sent the request: any page can make a browser send a POST here, with the password that
 * the user gave. Browsers add Origin to a page's POST and PUT (Fetch §3.2), and no page can change it. `none` means that
 * the user entered the URL.
 */
export function isForeignPage({ origin, site, host }: Sender): boolean {
  // A proxy may have replaced the Host. No page can change Sec-Fetch-Site, and a Host that is not the port's is refused before.
  if (site === 'same-origin') return false;
  if (origin === undefined) return site !== undefined && site !== 'none';
  if (site !== undefined) return true;
  const { protocol, host: page } = URL.parse(origin) ?? {};
  return page === undefined || page === '' || URL.parse(`${protocol}//${host}`)?.host !== page;
}

/** What a request says about the page that sent it. */
export const senderOf = ({ req }: Context): Sender => ({
  origin: req.header('Origin'),
  site: req.header('Sec-Fetch-Site'),
  host: req.header('Host'),
});
