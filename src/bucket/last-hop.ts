import type { FlatHeaders } from './transport.ts';

const CHAIN = 'x-forwarded-for';
const ELEMENTS = 'forwarded';
/** Most characters of Forwarded that are read: a proxy's own element is the last. */
const ELEMENT_MOST = 1_000;
/** The last element of Forwarded; a comma between quotation marks ends no element (RFC 7239 §4). */
const LAST_ELEMENT = /(?:^|,)((?:[^",]|"(?:[^"\\]|\\.)*")*)$/;

/**
 * The address that a trusted proxy names as its client, without a port. Only the last entry of X-Forwarded-For, or of
 * Forwarded where that is missing, is the proxy's own: the client may have invented the others. Null if the proxy names
 * no address, or a word in its place (`unknown`).
 */
export function lastHop(headers: FlatHeaders): string | null {
  let chain: string | null = null;
  let elements: string | null = null;
  for (let at = 0; at < headers.length; at += 2) {
    const key = keyOf(headers[at] ?? '');
    if (key === CHAIN) chain = headers[at + 1] ?? '';
    else if (key === ELEMENTS) elements = headers[at + 1] ?? '';
  }
  const named = chain === null ? nodeOf(elements ?? '') : chain.slice(chain.lastIndexOf(',') + 1);
  return addressOf(named.trim());
}

/** In lower case, if the length is that of one of the two names. */
const keyOf = (name: string): string =>
  name.length === CHAIN.length || name.length === ELEMENTS.length ? name.toLowerCase() : '';

/** The node of the last element: `for="[2001:db8::1]:4711"`. */
function nodeOf(elements: string): string {
  const [, element = ''] = LAST_ELEMENT.exec(elements.slice(-ELEMENT_MOST)) ?? [];
  return /(?:^|;)\s*for="?([^";]*)/i.exec(element)?.[1] ?? '';
}

/** Some proxies add the port, and then put brackets around an IPv6 address. */
function addressOf(entry: string): string | null {
  const [, bracketed] = /^\[([^\]]*)\](?::\d+)?$/.exec(entry) ?? [];
  const [, withPort] = /^([\d.]+):\d+$/.exec(entry) ?? [];
  const address = bracketed ?? withPort ?? entry;
  return isIpAddress(address) ? address : null;
}

const isIpAddress = (text: string): boolean =>
  text.includes(':')
    ? /^[\da-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`)
    : /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) && URL.canParse(`http://${text}/`);
