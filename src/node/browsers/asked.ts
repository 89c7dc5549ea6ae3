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

/** A page of an origin, and an expression that it evaluates. */
export interface BrowserPage {
  readonly origin: string;
  /** Its value is a text, or a promise of one. */
  readonly script: string;
}

/** What a browser did with a page. */
export interface Asked {
  readonly version: string;
  /** The text that the script gave. */
  readonly result: string;
  /** The errors in the console, in order. */
  readonly sentences: readonly string[];
  /** Why the network gave no answer, in the browser's word; null if it did, or if the browser refuses the answer. */
  readonly networkError: string | null;
}

/** Starts a browser and opens a page. Its requests pass the relay if there is one. `signal` ends the browser. */
export type AskBrowser = (
  program: string,
  page: BrowserPage,
  relay: Relay | null,
  signal: AbortSignal,
) => Promise<Asked>;
