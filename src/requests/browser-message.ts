import type { Failure } from '../analysis/browser/check.ts';

/** A browser whose sentences are read. */
export type MessageBrowser = 'chromium' | 'firefox' | 'safari';

/** What a browser's error sentence about CORS says. */
export interface BrowserMessage {
  /** Null if several browsers print the same sentence. */
  readonly browser: MessageBrowser | null;
  /** The check that failed, the same word for all browsers. */
  readonly failure: MessageFailure;
  /** The URL that the page asked for, without its query; null where the browser does not say. */
  readonly url: string | null;
  /** The origin of the page; null where the browser does not say. */
  readonly origin: string | null;
  /** The value that does not pass: a header's value, the status, the method, a header's name; null if the sentence has none. */
  readonly value: string | null;
  /** True: the answer to a preflight failed; false: the answer to the request; null: the browser does not say. */
  readonly ofPreflight: boolean | null;
}

/** A check of the Fetch standard, or what only a browser's own sentence says. */
export type MessageFailure =
  | Failure
  /** Access-Control-Allow-Origin is no origin. */
  | 'invalid_allow_origin'
  /** Safari does not say whether Access-Control-Allow-Origin is absent or has another origin. */
  | 'origin_not_allowed'
  | 'preflight_redirect'
  /** A redirect that the page or CORS does not allow: to a URL with a password, or in the mode "error". */
  | 'redirect'
  /** The page asks in the mode "same-origin". */
  | 'request_mode'
  /** A script reads a response header that is not exposed. */
  | 'unreadable_header'
  | 'tainted_canvas'
  /** The URL is no http or https URL: `file:`, a page opened from disk. */
  | 'not_http'
  /** No answer came: DNS, TLS, a refused connection, a blocker of content. */
  | 'no_answer'
  /** Opaque response blocking: a `no-cors` request, such as that of an image without `crossorigin`. */
  | 'opaque_blocked'
  /** A page of the Internet asks a server of the local network. */
  | 'local_network'
  /** The browser says that the request failed and not why. */
  | 'unknown';
