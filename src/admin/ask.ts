import { isToken } from '../bucket/field.ts';
import type { Fault, Result } from '../document/fault.ts';
import { isFields } from '../document/fields.ts';
import { readCurl } from '../requests/curl.ts';
import { type BrowserMessage, readMessage } from '../requests/message.ts';
import { meaningOf } from '../requests/message-meaning.ts';
import { methodOf } from '../requests/message-method.ts';
import type { RulesInForce } from '../rules/in-force.ts';
import type { Asked } from './api.ts';
import { explainRequest, type Question } from './explain.ts';

type Read = Pick<Asked, 'read' | 'question' | 'message'>;

const MOST_FAULTS = 50;
const FIELDS = ['origin', 'method', 'headers', 'path', 'credentials'];

/**
 * Explains the request of a form, of a pasted curl command or of a browser's error sentence. No answer has a value of a
 * header, a cookie or a query.
 */
export function askAbout(inForce: RulesInForce, body: unknown): Result<Asked> {
  const read = readAsked(body);
  if (!read.ok) return read;
  const { question, ...rest } = read.value;
  const { origin, method, headers, path, credentials } = question;
  const explained = explainRequest(inForce, {
    ...(origin !== '' && { origin }),
    method,
    ...(headers !== '' && { headers }),
    path,
    credentials: String(credentials),
  } satisfies Question);
  if ('faults' in explained) return { ok: false, faults: explained.faults };
  return { ok: true, value: { ...rest, question, explained } };
}

function readAsked(body: unknown): Result<Read> {
  if (!isFields(body))
    return refused({
      place: 'body',
      reason: 'is no object',
      write: '{"text": "curl …"}, or the fields of a form',
    });
  const faults = Object.entries(body).flatMap(([key, value]) => faultOf(key, value, 'text' in body));
  if (faults.length > 0) return { ok: false, faults: faults.slice(0, MOST_FAULTS) };
  const { text } = body;
  return typeof text === 'string' ? readText(text.trim()) : readForm(body);
}

function faultOf(key: string, value: unknown, hasText: boolean): readonly Fault[] {
  const known = hasText ? ['text'] : FIELDS;
  if (!known.includes(key))
    return [{ place: key.slice(0, 40), reason: 'is not a known key', write: known.join(', ') }];
  if (typeof value === 'string' || (key === 'credentials' && typeof value === 'boolean')) return [];
  return [{ place: key, reason: 'is no text', write: 'a text in double quotes' }];
}

function readForm(fields: Readonly<Record<string, unknown>>): Result<Read> {
  const text = (name: string) => String(fields[name] ?? '').trim();
  const credentials = text('credentials') || 'false';
  if (credentials !== 'true' && credentials !== 'false')
    return refused({
      place: 'credentials',
      reason: 'is neither true nor false',
      write: 'true if the page sends cookies',
    });
  const headers = text('headers')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  // Without the value: a person may paste a header with its secret.
  if (headers.some((name) => !isToken(name)))
    return refused({
      place: 'headers',
      reason: 'has a part that is no name of a header',
      write: 'names without values, separated by commas: content-type, x-oss-meta-a',
    });
  const method = text('method') || 'GET';
  if (!isToken(method))
    return refused({ place: 'method', reason: 'is no method', write: 'GET, PUT, POST …' });
  const question = {
    origin: text('origin'),
    method,
    headers: headers.join(', '),
    path: pathIn(text('path')),
    credentials: credentials === 'true',
  };
  return { ok: true, value: { read: null, question, message: null } };
}

/** Without the query, which may carry a signature. */
const pathIn = (text: string): string => {
  const [path = ''] = (URL.parse(text)?.pathname ?? text).split(/[?#]/, 1);
  return path.startsWith('/') ? path : `/${path}`;
};

function readText(text: string): Result<Read> {
  if (/^(?:\$\s*)?(?:\S*[\\/])?curl(?:\.exe)?(?=\s|$)/i.test(text)) return readCommand(text);
  const message = readMessage(text);
  if (message !== null) return { ok: true, value: readSentence(message) };
  // The reader of commands says what is wrong with another form that developer tools copy.
  const command = readCurl(text, 'text');
  const isOther = !command.ok && !command.faults.some(({ reason }) => reason === 'does not begin with curl');
  if (isOther && text !== '') return command;
  return refused({
    place: 'text',
    reason: 'is neither a curl command nor a sentence about CORS that a browser prints',
    write: 'the whole command of "Copy as cURL", or the whole sentence of the console',
  });
}

function readCommand(text: string): Result<Read> {
  const command = readCurl(text, 'text');
  if (!command.ok) return command;
  const { origin, referrer, method, url, asked, credentials } = command.value;
  const question = {
    origin: origin ?? referrer ?? '',
    method,
    headers: asked.join(', '),
    path: pathIn(url),
    credentials,
  };
  return { ok: true, value: { read: 'curl', question, message: null } };
}

const WITH_COOKIES: readonly string[] = ['wildcard_with_credentials', 'no_allow_credentials'];

function readSentence(message: BrowserMessage): Read {
  const { failure, url, origin, value } = message;
  const method = methodOf(message);
  return {
    read: 'message',
    question: {
      origin: origin ?? '',
      method: method !== null && isToken(method) ? method : 'GET',
      headers: failure === 'header' && value !== null && isToken(value) ? value : '',
      path: pathIn(url ?? '/'),
      credentials: WITH_COOKIES.includes(failure),
    },
    message: meaningOf(message).means,
  };
}

const refused = (fault: Fault): Result<never> => ({ ok: false, faults: [fault] });
