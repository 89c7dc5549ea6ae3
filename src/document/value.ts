import { isMethod, METHODS } from '../cors/rule.ts';
import type { Problem } from './raw.ts';
import type { ListField } from './words.ts';

/** The largest MaxAgeSeconds: what a signed 32-bit integer holds, the type stores keep it in. */
const MAX_AGE = 2_147_483_647;

// White space, control and format characters (zero-width space, byte order mark), half surrogate pairs: none can
// stand in an Origin header or a header name.
const INVISIBLE = /[\s\p{Cc}\p{Cf}\p{Cs}\p{Noncharacter_Code_Point}]/u;
const NOT_IN_XML = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;
/** RFC 9110, section 5.6.2; `*` is a token character, which is why wildcards are counted apart. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIVE = METHODS.join(', ');
const SPACE = ' \t\r\n';

/**
 * Trims what XML calls white space and nothing else. A no-break space stays and becomes a fault: the store keeps
 * it, so that its entry matches nobody, and taking it away would let somebody in. (A loop, as a regular expression
 * anchored at the end takes quadratic time over a long run of blanks.)
 */
export const trimmed = (value: string): string => {
  let start = 0;
  let end = value.length;
  while (start < end && SPACE.includes(value.charAt(start))) start += 1;
  while (end > start && SPACE.includes(value.charAt(end - 1))) end -= 1;
  return value.slice(start, end);
};

const manyStars = (value: string): boolean => value.indexOf('*') !== value.lastIndexOf('*');

const origin = (value: string): Problem | undefined => {
  const write = 'one origin such as https://www.example.com or https://*.example.com';
  if (value === '') return { reason: 'empty', write };
  if (INVISIBLE.test(value)) {
    return {
      reason: 'white space or an invisible character inside',
      write: `${write}; a further one is a value of its own`,
    };
  }
  if (manyStars(value)) return { reason: 'more than one *', write: 'at most one * in each value' };
  return undefined;
};

const method = (value: string): Problem | undefined => {
  if (isMethod(value)) return undefined;
  const upper = value.toUpperCase();
  if (value === '') return { reason: 'empty', write: `one of ${FIVE}` };
  if (value === '*') return { reason: 'a method takes no wildcard', write: `each by its name: ${FIVE}` };
  if (upper === 'OPTIONS') {
    return {
      reason: 'not one of the five methods',
      write: 'leave it out: preflights are answered by themselves',
    };
  }
  if (isMethod(upper)) return { reason: 'methods are written in upper case', write: upper };
  return { reason: 'not one of the five methods', write: `one of ${FIVE}` };
};

const headerName = (value: string): Problem | undefined => {
  const write = 'one header name such as x-oss-meta-author: letters, digits, - and _';
  if (value === '') return { reason: 'empty', write };
  if (INVISIBLE.test(value)) {
    return {
      reason: 'white space or an invisible character inside',
      write: `${write}; a further one is a value of its own`,
    };
  }
  if (!TOKEN.test(value)) return { reason: 'not a header name', write };
  return undefined;
};

const allowedHeader = (value: string): Problem | undefined =>
  headerName(value) ??
  (manyStars(value) ? { reason: 'more than one *', write: 'at most one * in each value' } : undefined);

const exposeHeader = (value: string): Problem | undefined =>
  headerName(value) ??
  (value.includes('*')
    ? { reason: 'an exposed header takes no wildcard', write: 'each header by its full name' }
    : undefined);

/** What may stand in each list of a rule; the value comes trimmed. */
export const LIST_CHECKS: Readonly<Record<ListField, (value: string) => Problem | undefined>> = {
  allowedOrigins: origin,
  allowedMethods: method,
  allowedHeaders: allowedHeader,
  exposeHeaders: exposeHeader,
};

export const maxAgeProblem = (value: string): Problem | undefined =>
  /^[0-9]+$/.test(value) && Number(value) <= MAX_AGE
    ? undefined
    : { reason: 'not a number of seconds', write: `a whole number from 0 to ${MAX_AGE}, or leave it out` };

export const idProblem = (value: string): Problem | undefined => {
  if (value === '') return { reason: 'empty', write: 'a name for the rule, or leave it out' };
  // XML has no way to write these, not even as a reference.
  if (NOT_IN_XML.test(value)) return { reason: 'a control character inside', write: 'a name in plain text' };
  return undefined;
};

export const responseVaryProblem = (value: string): Problem | undefined =>
  /^(?:true|false)$/i.test(value) ? undefined : { reason: 'neither true nor false', write: 'true or false' };
