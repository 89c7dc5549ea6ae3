import { shown } from '../document/shown.ts';

/** A user, a query and a fragment, which no browser sends in Origin (Fetch standard, "The `Origin` header"). */
const BEYOND_ORIGIN = /[@?#]/;

/** An Origin header for logs and messages: without what may be a secret in it (promise 7). */
export const shownOrigin = <O extends string | null>(origin: O): O | string =>
  origin !== null && BEYOND_ORIGIN.test(origin) ? shown(origin) : origin;

/** A sentence that names an Origin header, with the header as it is shown. */
export const withShownOrigin = (sentence: string, origin: string | null): string => {
  const masked = shownOrigin(origin);
  return origin === null || masked === null || masked === origin
    ? sentence
    : sentence.replaceAll(origin, () => masked);
};
