import { excerpt } from './raw.ts';

/** A value as messages show it: its beginning, without a user name and password, and without a query (promise 7). */
export const shown = (value: string): string =>
  excerpt(withoutUser(value).replace(tailOf(value), (tail) => `${tail.charAt(0)}…`));

/** A query, and in a URL its fragment: `#` may also be part of a header's name, or begin a reference of XML. */
const tailOf = (value: string): RegExp => (value.includes('://') ? /[?#].*$/s : /\?.*$/s);

/**
 * The value from its last `@` on, behind its first `://`. A password may contain any character, and what its author
 * takes for one value may be several URLs. An `@` without a colon before it follows no password.
 */
function withoutUser(value: string): string {
  const at = value.lastIndexOf('@');
  const before = value.slice(0, Math.max(at, 0));
  const scheme = before.indexOf('://');
  if (scheme >= 0) return `${before.slice(0, scheme)}://…${value.slice(at)}`;
  return before.includes(':') ? `…${value.slice(at)}` : value;
}
