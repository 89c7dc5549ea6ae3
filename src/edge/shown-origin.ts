import { excerpt } from '../document/raw.ts';

/** A user, a query and a fragment, which no browser sends in Origin (Fetch standard, "The `Origin` header"). */
const BEYOND_ORIGIN = /[@?#]/;

/** An Origin header for logs and messages: without what may be a secret in it (promise 7). */
export const shownOrigin = <O extends string | null>(origin: O): O | string =>
  origin !== null && BEYOND_ORIGIN.test(origin) ? masked(origin) : origin;

/** A user may contain the mark of a query, and a query an `@`: with both nothing behind the scheme is shown. */
function masked(origin: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(origin)?.[0] ?? '';
  const tail = origin.search(/[?#]/);
  const at = origin.lastIndexOf('@');
  if (at < 0) return excerpt(`${origin.slice(0, tail + 1)}…`);
  return excerpt(tail < 0 ? `${scheme}…${origin.slice(at)}` : `${scheme}…`);
}

/** A sentence that names an Origin header, with the header as it is shown. */
export const withShownOrigin = (sentence: string, origin: string | null): string => {
  const named = shownOrigin(origin);
  return origin === null || named === null || named === origin
    ? sentence
    : sentence.replaceAll(origin, () => named);
};
