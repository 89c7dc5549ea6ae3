import { excerpt } from '../../document/raw.ts';

/** A value as messages show it: its beginning, without a user name and password, and without a query (promise 7). */
export const shown = (value: string): string =>
  excerpt(value.replace(/(^|:\/\/)[^/?#]*@/, '$1…@').replace(/[?#].*$/s, (tail) => `${tail.charAt(0)}…`));

/** Whether a value contains a user name, or a parameter of a query such as a signature. */
export const hasSecret = (value: string): boolean => /(?:^|:\/\/)[^/?#]*@|\?[^?=]*=/.test(value);
