import { isMethod, METHODS } from '../cors/rule.ts';
import type { ListField } from './forms.ts';
import type { Problem } from './raw.ts';

/** Seconds. The largest MaxAgeSeconds: stores use a signed 32-bit integer. */
const MAX_AGE = 2_147_483_647;

// White space, control and format characters (zero-width space, byte order mark), lone surrogates: neither an Origin
// header nor a header name can contain them.
const INVISIBLE = /[\s\p{Cc}\p{Cf}\p{Cs}\p{Noncharacter_Code_Point}]/u;
// XML 1.0 cannot express these, not even as a reference (§2.2).
const NOT_IN_XML = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;
/** RFC 9110 §5.6.2. `*` is a token character, so wildcards are counted separately. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIVE = METHODS.join(', ');
const SPACE = ' \t\r\n';

/** What may stand in each list of a rule; the value comes trimmed. */
export const LIST_CHECKS: Readonly<Record<ListField, (value: string) => Problem | undefined>> = {
  allowedOrigins: originProblem,
  allowedMethods: methodProblem,
  allowedHeaders: allowedHeaderProblem,
  exposeHeaders: exposeHeaderProblem,
};

export function maxAgeProblem(value: string): Problem | undefined {
  if (/^[0-9]+$/.test(value) && Number(value) <= MAX_AGE) return undefined;
  const write = `a whole number from 0 to ${MAX_AGE}, or leave it out`;
  return { code: 'BC010', reason: 'is not a number of seconds', write };
}

export function idProblem(value: string): Problem | undefined {
  if (value === '')
    return { code: 'BC004', reason: 'is empty', write: 'a name for the rule, or leave it out' };
  if (NOT_IN_XML.test(value))
    return { code: 'BC013', reason: 'contains a control character', write: 'a name in plain text' };
  return undefined;
}

export function responseVaryProblem(value: string): Problem | undefined {
  return /^(?:true|false)$/i.test(value)
    ? undefined
    : { code: 'BC011', reason: 'is neither true nor false', write: 'true or false' };
}

/**
 * Trims the white space of XML and nothing else. A no-break space stays and becomes a fault: the store does not trim
 * it, so its entry matches no origin, and trimming it here would allow one. A loop, because a regular expression
 * anchored at the end takes quadratic time over a long run of spaces.
 */
export function trimmed(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && SPACE.includes(value.charAt(start))) start += 1;
  while (end > start && SPACE.includes(value.charAt(end - 1))) end -= 1;
  return value.slice(start, end);
}

function originProblem(value: string): Problem | undefined {
  const write = 'one origin such as https://www.example.com or https://*.example.com';
  return emptyOrInvisible(value, write) ?? manyStars(value);
}

function methodProblem(value: string): Problem | undefined {
  if (isMethod(value)) return undefined;
  const upper = value.toUpperCase();
  const is = (reason: string, write: string): Problem => ({ code: 'BC007', reason, write });
  if (value === '') return { code: 'BC004', reason: 'is empty', write: `one of ${FIVE}` };
  if (value === '*') return is('is not allowed: a method takes no wildcard', `each by its name: ${FIVE}`);
  if (upper === 'OPTIONS')
    return is('is not one of the five methods', 'the list without it: preflights need no rule for OPTIONS');
  if (isMethod(upper)) return is('is not in upper case', upper);
  const several = severalIn(value);
  if (several !== undefined) return is('is several methods in one value', several);
  return is('is not one of the five methods', `one of ${FIVE}`);
}

function allowedHeaderProblem(value: string): Problem | undefined {
  return headerNameProblem(value) ?? manyStars(value);
}

function exposeHeaderProblem(value: string): Problem | undefined {
  const problem = headerNameProblem(value);
  if (problem !== undefined || !value.includes('*')) return problem;
  return {
    code: 'BC009',
    reason: 'is not allowed: an exposed header takes no wildcard',
    write: 'each header by its full name',
  };
}

function headerNameProblem(value: string): Problem | undefined {
  const write = 'one header name such as x-oss-meta-author: letters, digits, - and _';
  if (TOKEN.test(value)) return undefined;
  const several = severalIn(value);
  if (several !== undefined)
    return { code: 'BC008', reason: 'is several header names in one value', write: several };
  return emptyOrInvisible(value, write) ?? { code: 'BC008', reason: 'is not a header name', write };
}

/** What to write for tokens that are separated by commas, semicolons or spaces; undefined for other values. */
function severalIn(value: string): string | undefined {
  const parts = value
    .slice(0, 1000)
    .split(/[\s,;]+/)
    .filter((part) => part !== '');
  if (parts.length < 2 || !parts.every((part) => TOKEN.test(part))) return undefined;
  const [first = '', second = '', third] = parts;
  const rest = third === undefined ? '' : ' and so on';
  return `each as its own value: "${first}", "${second}"${rest}`;
}

function emptyOrInvisible(value: string, write: string): Problem | undefined {
  if (value === '') return { code: 'BC004', reason: 'is empty', write };
  if (!INVISIBLE.test(value)) return undefined;
  return {
    code: 'BC013',
    reason: 'contains white space or an invisible character',
    write: `${write}; write each further one as its own value`,
  };
}

function manyStars(value: string): Problem | undefined {
  if (value.indexOf('*') === value.lastIndexOf('*')) return undefined;
  return { code: 'BC006', reason: 'contains more than one *', write: 'at most one * in each value' };
}
