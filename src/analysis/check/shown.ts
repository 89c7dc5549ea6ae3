import { excerpt } from '../../document/raw.ts';

/** A value as messages show it: its beginning, without a user name and password, and without a query (promise 7). */
export const shown = (value: string): string =>
  excerpt(value.replace(/:\/\/[^/?#]*@/, '://…@').replace(/[?#].*$/s, (tail) => `${tail.charAt(0)}…`));
