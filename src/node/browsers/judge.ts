import { readMessage } from '../../requests/message.ts';
import { withoutQueries } from '../../requests/queries.ts';
import type { AskBrowser, Asked, BrowserQuestion } from './asked.ts';
import { askChromium } from './chromium.ts';
import { askFirefox } from './firefox.ts';
import { fetchedOf, scriptOf } from './page.ts';
import { programOf } from './programs.ts';
import { openRelay, type Relay } from './relay.ts';

export type { BrowserQuestion } from './asked.ts';

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

interface Browser {
  readonly browser: BrowserVerdict['browser'];
  readonly name: string;
  readonly variable: string;
  readonly ask: AskBrowser;
}

const BROWSERS: readonly Browser[] = [
  { browser: 'chromium', name: 'Chromium', variable: 'CHROMIUM', ask: askChromium },
  { browser: 'firefox', name: 'Firefox', variable: 'FIREFOX', ask: askFirefox },
];

/** Sentences of a verdict, and characters of each. */
const SENTENCES = 20;
const SENTENCE_LENGTH = 2_000;

/**
 * Lets the installed Chromium and Firefox judge a page's request. Each gets a new profile, and a page of the origin that no
 * server sends. Only GET, HEAD and preflights reach the server of the URL; other methods end in a relay on this machine.
 */
export const askBrowsers = (
  question: BrowserQuestion,
  options: AskOptions,
): Promise<readonly BrowserVerdict[]> =>
  Promise.all(BROWSERS.map((browser) => verdictOf(browser, question, options)));

async function verdictOf(
  { browser, name, variable, ask }: Browser,
  question: BrowserQuestion,
  { timeout }: AskOptions,
): Promise<BrowserVerdict> {
  const program = programOf(browser);
  if (program === null) {
    return unjudged(browser, `${name} is not installed. ${variable} can name its program.`);
  }
  const limit = AbortSignal.timeout(timeout);
  const relay = isSafe(question.method) ? null : await openRelay(new URL(question.url), question.origin);
  try {
    const asked = await ask(program, { origin: question.origin, script: scriptOf(question) }, relay, limit);
    return {
      browser,
      ...(relay === null ? judged(name, asked) : judgedByRelay(name, question, asked, relay)),
    };
  } catch (error) {
    const why = limit.aborted ? `it gave no verdict within ${timeout / 1000} s` : (error as Error).message;
    return unjudged(browser, `${name} could not judge: ${why}.`);
  } finally {
    await relay?.close();
  }
}

/** Methods that change nothing on a server (RFC 9110 §9.2.1). */
const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD';

const unjudged = (browser: Browser['browser'], because: string): BrowserVerdict => ({
  browser,
  version: null,
  passes: null,
  preflightPasses: null,
  status: null,
  readable: [],
  sentences: [],
  because,
});

type Verdict = Omit<BrowserVerdict, 'browser'>;

function judged(name: string, { version, result, sentences, networkError }: Asked): Verdict {
  const fetched = fetchedOf(result);
  const refusesCertificate = networkError !== null && /CERT|SSL|SEC_ERROR|PKIX/.test(networkError);
  const isRefused = sentences.some(saysWhy) || (networkError === null && sentences.length > 0);
  const passes = fetched.status !== null ? true : isRefused || refusesCertificate ? false : null;
  return {
    version,
    passes,
    preflightPasses: null,
    status: fetched.status,
    readable: fetched.readable,
    sentences: shown(sentences),
    because: refusesCertificate
      ? `${name} does not accept the certificate of the server: ${networkError}.`
      : passes === null
        ? `${name} got no answer${networkError === null ? '' : `: ${networkError}`}.`
        : null,
  };
}

/** Whether a sentence says that the browser refuses an answer. Browsers report network errors beside it. */
function saysWhy(sentence: string): boolean {
  const failure = readMessage(sentence)?.failure;
  return failure !== undefined && failure !== 'no_answer' && failure !== 'unknown';
}

/** What the page gets of the relay is no answer of the server. */
function judgedByRelay(name: string, { method }: BrowserQuestion, asked: Asked, relay: Relay): Verdict {
  const fault = relay.fault();
  const unknown = { ...judged(name, asked), passes: null, status: null, readable: [] };
  if (fault !== null) {
    const because = `The server gave no answer to the preflight of ${name}: ${fault}.`;
    return { ...unknown, sentences: [], because };
  }
  if (!relay.hasRequest()) {
    return { ...judged(name, asked), preflightPasses: relay.hasAnswer() ? false : null };
  }
  const notSent = `The ${method} itself was not sent to the server.`;
  return relay.hasAnswer()
    ? {
        ...unknown,
        preflightPasses: true,
        because: `${name} accepts the answer to the preflight. ${notSent}`,
      }
    : { ...unknown, because: `${name} sends no preflight for this ${method}. ${notSent}` };
}

/** A query may have a signature. */
const shown = (sentences: readonly string[]): readonly string[] =>
  sentences.slice(0, SENTENCES).map((sentence) => withoutQueries(sentence).slice(0, SENTENCE_LENGTH));
