import type { Relay } from './relay.ts';

/** What a page asks for: a URL, from a page of an origin, by `fetch`. */
export interface BrowserQuestion {
  readonly url: string;
  /** The origin of the page; `null` for a page without one. */
  readonly origin: string;
  /** As the browser sends it (`sentMethod`). */
  readonly method: string;
  /** Names of headers that the page sets. */
  readonly headers: readonly string[];
  /** Credentials mode "include". The browser has no cookies. */
  readonly credentials: boolean;
}

/** What the script of the page gets. */
export interface Fetched {
  /** Null if `fetch` rejects. */
  readonly status: number | null;
  readonly readable: readonly string[];
}

/** What a browser did with a request. */
export interface Asked {
  readonly version: string;
  readonly fetched: Fetched;
  /** The errors in the console, in order. */
  readonly sentences: readonly string[];
  /** Why the network gave no answer, in the browser's word; null if it did, or if the browser refuses the answer. */
  readonly networkError: string | null;
}

/** Starts a browser and lets a page ask. The page's request passes the relay if there is one. `signal` ends the browser. */
export type AskBrowser = (
  program: string,
  question: BrowserQuestion,
  relay: Relay | null,
  signal: AbortSignal,
) => Promise<Asked>;
