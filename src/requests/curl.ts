import type { PageHeader } from '../analysis/browser/safelist.ts';
import type { Fault, Result } from '../document/fault.ts';
import { type CurlFlag, curlFlags } from './curl-flags.ts';
import { type CopiedRequest, copiedRequest } from './request.ts';
import { wordsOf } from './words.ts';

/** In characters. A command with an upload in it is longer than a shell takes. */
export const MAX_COMMAND = 1_048_576;
const DATA = /^data(?:-ascii|-binary|-raw|-urlencode)?$/;

/** Reads the request of a copied command: Chrome's, Firefox's or Safari's "Copy as cURL". No fault shows a value of it. */
export function readCurl(command: string, place = '--curl'): Result<CopiedRequest> {
  const refused = (reason: string, write: string): { ok: false; faults: readonly Fault[] } => ({
    ok: false,
    faults: [{ place, reason, write }],
  });
  if (command.length > MAX_COMMAND) return refused('is longer than 1 MB', 'the command without its data');
  const other = otherForm(command);
  if (other !== null) return refused(`is ${other}`, 'the command that "Copy as cURL" gives');
  const words = wordsOf(command);
  if (words === null)
    return refused('ends inside quotes', 'the whole command; - reads it from standard input');
  const [program = '', ...rest] = words[0] === '$' ? words.slice(1) : words;
  if (!/^(?:.*[\\/])?curl(?:\.exe)?$/i.test(program)) {
    return refused('does not begin with curl', 'the whole command, from curl on');
  }
  const flags = curlFlags(rest);
  const url = urlOf(flags.find(({ name }) => name === 'url')?.value ?? '');
  if (url === null) return refused('has no URL', 'the whole command, with its URL');
  return {
    ok: true,
    value: copiedRequest({
      method: methodOf(flags),
      url,
      headers: headersOf(flags),
      credentials: has(flags, 'cookie'),
    }),
  };
}

/** The other forms that DevTools copy. */
function otherForm(command: string): string | null {
  const text = command.trimStart();
  if (/^(?:\$\w+\s*=|Invoke-(?:WebRequest|RestMethod))/i.test(text)) return 'a command for PowerShell';
  return /^(?:await\s+)?fetch\(/.test(text) ? 'a call of fetch' : null;
}

function urlOf(text: string): URL | null {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : null;
}

const has = (flags: readonly CurlFlag[], name: string): boolean => flags.some((flag) => flag.name === name);

const sendsData = (flags: readonly CurlFlag[]): boolean =>
  !has(flags, 'get') && flags.some(({ name }) => DATA.test(name));

/** As curl chooses it. */
function methodOf(flags: readonly CurlFlag[]): string {
  const given = flags.findLast(({ name }) => name === 'request')?.value;
  if (given) return given;
  if (has(flags, 'head')) return 'HEAD';
  if (has(flags, 'upload-file')) return 'PUT';
  return sendsData(flags) || has(flags, 'json') || has(flags, 'form') || has(flags, 'form-string')
    ? 'POST'
    : 'GET';
}

function headersOf(flags: readonly CurlFlag[]): readonly PageHeader[] {
  const given = flags.flatMap(({ name, value }): PageHeader[] => (name === 'header' ? headerOf(value) : []));
  const isGiven = (header: string) => given.some(([name]) => name.toLowerCase() === header.toLowerCase());
  return [...given, ...impliedBy(flags).filter(([name]) => !isGiven(name))];
}

/** `-H 'x: y'`, and `-H 'x;'` for an empty value. `-H 'x:'` removes a header, and `-H @file` is not read. */
function headerOf(text: string): PageHeader[] {
  const [, name = '', mark, value = ''] = /^([^:;@]+)([:;])(.*)$/s.exec(text) ?? [];
  if (name === '' || (mark === ':' && value.trim() === '')) return [];
  return [[name.trim(), value.trim()]];
}

function impliedBy(flags: readonly CurlFlag[]): readonly PageHeader[] {
  const implied: PageHeader[] = [];
  if (has(flags, 'json')) implied.push(['Content-Type', 'application/json']);
  else if (has(flags, 'form') || has(flags, 'form-string'))
    implied.push(['Content-Type', 'multipart/form-data']);
  else if (sendsData(flags)) implied.push(['Content-Type', 'application/x-www-form-urlencoded']);
  for (const { name, value } of flags) {
    if (name === 'user' || name === 'oauth2-bearer' || name === 'aws-sigv4')
      implied.push(['Authorization', 'set']);
    if (name === 'range') implied.push(['Range', `bytes=${value}`]);
  }
  return implied;
}
