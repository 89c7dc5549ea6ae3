import { askedNames, sentMethod } from '../../analysis/browser/safelist.ts';
import { requestedNames } from '../../cors/decide.ts';
import { sentInstead } from '../../cors/near-origin.ts';
import { asSent } from '../../cors/sent-origin.ts';
import type { Question } from '../../doctor/question.ts';
import { type Fault, type Result, resultOf } from '../../document/fault.ts';
import { shown } from '../../document/shown.ts';
import { type BrowserMessage, readMessage } from '../../requests/message.ts';
import { ASSUMED_METHOD, isPreflightAlone, methodOf as methodIn } from '../../requests/message-method.ts';
import type { Arguments } from '../command.ts';

/** What a command line asks for. */
export interface DoctorLine {
  readonly question: Question;
  /** What the browser said; null without `--message`. */
  readonly message: BrowserMessage | null;
  /** Which method is taken because nothing names it, for a person; null without a need. */
  readonly assumed: string | null;
  /** Milliseconds for each request. */
  readonly limit: number;
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 120;

/** Reads the command line; every fault. A flag counts more than what the sentence says. */
export function readLine(args: Arguments): Result<DoctorLine> {
  const faults: Fault[] = [];
  const message = messageOf(args, faults);
  const url = urlOf(args.words[0] ?? message?.url ?? null, faults);
  const origin = originOf(args.value('origin') ?? message?.origin ?? null, url, faults);
  const names = requestedNames(args.value('headers'));
  if (!names.every((name) => HEADER_NAME.test(name))) faults.push(NOT_NAMES);
  const limit = limitOf(args.value('timeout'), faults);
  const method = methodOf(
    args.value('method') ?? (message === null ? null : methodIn(message)) ?? 'GET',
    faults,
  );
  const ofMessage = message?.failure === 'header' && message.value !== null ? [message.value] : [];
  const asked = [...names, ...ofMessage].map((name) => [name, null] as const);
  const question = {
    url: url?.href ?? '',
    origin,
    method,
    headers: askedNames(asked),
    credentials: args.on('credentials') || isAboutCredentials(message),
  };
  const assumed = message === null || args.value('method') !== null ? null : assumedText(message);
  return resultOf({ question, message, assumed, limit }, faults);
}

/** Without the value, which may be a token. */
const NOT_NAMES: Fault = {
  place: '--headers',
  reason: 'is not a list of header names',
  write: 'names without values, with commas between, such as content-type,authorization',
};

function messageOf(args: Arguments, faults: Fault[]): BrowserMessage | null {
  const text = args.value('message');
  if (text === null) return null;
  const message = readMessage(text);
  if (message === null)
    faults.push({
      place: '--message',
      reason: 'is no sentence about CORS that Chromium, Firefox or Safari print',
      write: 'the whole line of the console, in quotes',
    });
  return message;
}

/** Firefox and Safari say the same of a preflight and of the request itself. */
const OF_EITHER: readonly string[] = ['no_allow_origin', 'origin_not_allowed', 'unknown'];

function assumedText(message: BrowserMessage): string | null {
  if (isPreflightAlone(message))
    return `the sentence is about a preflight and names no method: examined as ${ASSUMED_METHOD}. --method names another`;
  return message.ofPreflight === null && OF_EITHER.includes(message.failure)
    ? `the sentence names no method: examined as GET. For an upload write --method ${ASSUMED_METHOD} too`
    : null;
}

const isAboutCredentials = (message: BrowserMessage | null): boolean =>
  message?.failure === 'wildcard_with_credentials' || message?.failure === 'no_allow_credentials';

function urlOf(text: string | null, faults: Fault[]): URL | null {
  const fault = (reason: string, write: string) => {
    const value = text === null ? undefined : shown(text);
    faults.push({ place: 'URL', ...(value !== undefined && { value }), reason, write });
    return null;
  };
  if (text === null)
    return fault('is missing', 'the URL that the page asks for: https://files.example.com/photo.jpg');
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    return fault('is not the URL of an object', 'it with http:// or https://');
  if (url.username !== '' || url.password !== '')
    return fault('contains a user name or password, which fetch refuses', 'it without them');
  url.hash = '';
  return url;
}

function originOf(text: string | null, url: URL | null, faults: Fault[]): string {
  const fault = (reason: string, write: string) => {
    faults.push({ place: '--origin', ...(text !== null && { value: shown(text) }), reason, write });
    return '';
  };
  if (text === null) return fault('is missing', '--origin https://app.example.com, the origin of the page');
  const instead = sentInstead(text);
  if (instead !== null) return fault('is no origin that browsers send', instead.origin);
  if (text !== 'null' && asSent(text) === null)
    return fault('is not an origin', 'https://app.example.com, the origin of the page');
  if (url !== null && text === url.origin)
    return fault(
      'is the origin of the URL too, and CORS applies to other origins only',
      'the origin of another page',
    );
  return text;
}

function methodOf(text: string, faults: Fault[]): string {
  const method = sentMethod(text);
  if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/.test(method)) return method;
  faults.push({
    place: '--method',
    value: shown(text),
    reason: 'is not a method',
    write: 'GET, PUT, POST, DELETE or HEAD',
  });
  return method;
}

function limitOf(text: string | null, faults: Fault[]): number {
  if (text === null) return DEFAULT_LIMIT * 1_000;
  const seconds = Number(text);
  if (/^\d+(?:\.\d+)?$/.test(text) && seconds > 0 && seconds <= MAX_LIMIT) return seconds * 1_000;
  faults.push({
    place: '--timeout',
    value: shown(text),
    reason: 'is not a number of seconds',
    write: `a number from 0.1 to ${MAX_LIMIT}`,
  });
  return DEFAULT_LIMIT * 1_000;
}
