import type { Facts } from '../../cors/decide.ts';
import { ORIGIN, REQUEST_HEADERS, REQUEST_METHOD } from '../../cors/names.ts';

/** Whether a request meets an expression; null: that depends on what this program does not see, or read. */
type Truth = boolean | null;

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|([A-Za-z_][A-Za-z0-9_.]*(?:\["[^"\]]*"\])?)|([(){},]))/y;

/**
 * Evaluates the expression of a rule for the method and the headers of a request
 * (https://www.alibabacloud.com/help/en/edge-security-acceleration/esa/user-guide/operators).
 */
export function evaluate(expression: string, request: Facts): Truth {
  const tokens = tokensOf(expression);
  if (tokens === null) return null;
  const parser = createParser(tokens, request);
  const truth = parser.disjunction();
  return truth === undefined || !parser.isAtEnd() ? null : truth;
}

function tokensOf(expression: string): readonly string[] | null {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; expression.slice(at).trim() !== ''; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(expression);
    if (found === null) return null;
    tokens.push(found[1] ?? found[2] ?? found[3] ?? '');
  }
  return tokens;
}

/** A recursive descent: `or` of `and` of `not`, parentheses and comparisons. Undefined: the expression cannot be read. */
function createParser(tokens: readonly string[], request: Facts) {
  let at = 0;
  const take = (token: string): boolean => {
    if (tokens[at] !== token) return false;
    at += 1;
    return true;
  };
  const chain = (word: string, part: () => Truth | undefined, decisive: boolean): Truth | undefined => {
    const parts: Truth[] = [];
    do {
      const one = part();
      if (one === undefined) return undefined;
      parts.push(one);
    } while (take(word));
    if (parts.includes(decisive)) return decisive;
    return parts.includes(null) ? null : !decisive;
  };
  const disjunction = (): Truth | undefined => chain('or', conjunction, true);
  const conjunction = (): Truth | undefined => chain('and', negation, false);
  const negation = (): Truth | undefined => {
    if (!take('not')) return primary();
    const inner = negation();
    return inner === undefined || inner === null ? inner : !inner;
  };
  const primary = (): Truth | undefined => {
    if (take('true')) return true;
    if (take('(')) {
      const inner = disjunction();
      return take(')') ? inner : undefined;
    }
    const word = tokens[at++];
    if (word === undefined || word.startsWith('"')) return undefined;
    return tokens[at] === '(' ? call(word) : comparison(word);
  };
  const call = (name: string): Truth | undefined => {
    at += 1;
    const args: string[] = [];
    while (tokens[at] !== ')') {
      const arg = tokens[at++];
      if (arg === undefined) return undefined;
      if (arg !== ',') args.push(arg);
    }
    at += 1;
    const [field = '', text = '""'] = args;
    const seen = seenIn(field, request);
    if (seen === undefined) return null;
    if (name === 'exists') return seen !== null;
    if (name === 'starts_with') return seen?.startsWith(textOf(text)) ?? false;
    return name === 'ends_with' ? (seen?.endsWith(textOf(text)) ?? false) : null;
  };
  const comparison = (field: string): Truth | undefined => {
    const operator = tokens[at++];
    const values: string[] = [];
    if (take('{')) {
      while (!take('}')) {
        const value = tokens[at++];
        if (value === undefined) return undefined;
        values.push(textOf(value));
      }
    } else {
      const value = tokens[at++];
      if (value === undefined) return undefined;
      values.push(textOf(value));
    }
    const seen = seenIn(field, request);
    if (seen === undefined) return null;
    if (operator === 'eq' || operator === 'in') return seen !== null && values.includes(seen);
    if (operator === 'ne') return seen === null || !values.includes(seen);
    return operator === 'contains' ? values.some((value) => seen?.includes(value) ?? false) : null;
  };
  return { disjunction, isAtEnd: () => at === tokens.length };
}

function textOf(token: string): string {
  try {
    const text: unknown = JSON.parse(token);
    return String(text);
  } catch {
    return token;
  }
}

const HEADER = /^http\.request\.headers\["([^"]*)"\]$/;

/** Null: the request lacks the header; undefined: not a part of `Facts`. */
function seenIn(field: string, request: Facts): string | null | undefined {
  if (field === 'http.request.method') return request.method;
  const name = HEADER.exec(field)?.[1]?.toLowerCase();
  if (name === ORIGIN) return request.origin;
  if (name === REQUEST_METHOD) return request.requestMethod;
  return name === REQUEST_HEADERS ? request.requestHeaders : undefined;
}

/** The texts that an expression compares the Origin with. */
export function originsIn(expression: string): readonly string[] {
  if (!/http\.request\.headers\["origin"\]/i.test(expression)) return [];
  return (tokensOf(expression) ?? []).filter((token) => /^"(?:https?:|null)/.test(token)).map(textOf);
}
