import type { CompiledRules } from '../../cors/compile.ts';
import * as names from '../../cors/names.ts';
import { type Credentials, type Plan, planOf } from '../plan.ts';
import { literal } from './literal.ts';
import { preflightText } from './preflight.ts';
import { hasEveryone, MATCHES, tableText } from './table.ts';

export interface ProgramOptions {
  /** Without comments and indentation, each rule in one line. */
  readonly isCompact?: boolean;
}

/**
 * Writes the rules as a plain JavaScript program, which does by itself what `decide` and `answer` do. It defines:
 *
 * - `cors(method, origin, requestMethod, requestHeaders)`, where a header that the request lacks is null, and several
 *   lines are joined by `,`. It returns `{ status, headers, vary, body }`: `status` is null for an actual request, which
 *   the bucket answers; `headers` are pairs of name and value; `vary` are the names for `mergedVary`; `body` is the XML of
 *   a refusal, or an empty text.
 * - `mergedVary(own, names)`: the Vary of an answer whose own value is `own`, an empty text if it has none. `Origin` is
 *   removed from it: the bucket does not get that header. An empty text if no name is left.
 *
 * The text is in the part of JavaScript that the runtime 2.0 of CloudFront Functions has: ES 5.1 with const, let, arrow
 * functions and some methods
 * (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html).
 */
export function programOf(rules: CompiledRules, { isCompact = false }: ProgramOptions = {}): string {
  const plan = planOf(rules);
  const parts = [tableText(plan, isCompact), corsText(plan), preflightText(rules, plan)];
  if (plan.rules.length > 0) parts.push(headersText(plan), MATCHES);
  const text = [...parts, LISTS].join('').trimStart();
  return isCompact ? compact(text) : text;
}

/** Removes comments, which stand on lines of their own, and indentation. */
export const compact = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('//'))
    .map((line) => `${line}\n`)
    .join('');

const corsText = (plan: Plan): string => `
// The part of an answer that CORS is about; \`status\` is null where the bucket answers.
function cors(method, origin, requestMethod, requestHeaders) {
  if (method === 'OPTIONS') return preflight(origin, requestMethod, requestHeaders);
${actualText(plan)}
  return { status: null, headers: headers, vary: ${varyText(plan)}, body: '' };
}

// Not a list: a comma joins several lines.
function isOneOrigin(origin) {
  return !/[, \\t]/.test(origin);
}
`;

const actualText = (plan: Plan): string =>
  plan.rules.length === 0
    ? '  const headers = [];'
    : `  const rule =
    origin && isOneOrigin(origin)
      ? RULES.find((one) => one.methods.includes(method) && matches(one.origins, origin))
      : ${hasEveryone(plan) ? 'RULES.find((one) => one.everyone && one.everyone.includes(method))' : 'undefined'};
  const headers = rule ? headersOf(rule, origin, []) : [];`;

/** The names that the answer to an actual request varies on, as an expression. */
function varyText({ methods, otherMethod }: Plan): string {
  const names = literal(['Origin']);
  const varied = methods.filter(({ variesByOrigin }) => variesByOrigin).map(({ method }) => method);
  // ResponseVary: all methods vary.
  if (otherMethod.variesByOrigin) return names;
  return varied.length === 0 ? '[]' : `${literal(varied)}.includes(method) ? ${names} : []`;
}

const headersText = (plan: Plan): string => `
function headersOf(rule, origin, requested) {
  const allowOrigin = rule.origins.includes('*') ? '*' : origin;
  const headers = [
    ['${names.ALLOW_ORIGIN}', allowOrigin],
    ['${names.ALLOW_METHODS}', rule.methods.join(', ')],
  ];
  if (requested.length > 0) headers.push(['${names.ALLOW_HEADERS}', requested.join(', ')]);
  if (rule.expose) headers.push(['${names.EXPOSE_HEADERS}', rule.expose]);
  if (rule.maxAge) headers.push(['${names.MAX_AGE}', rule.maxAge]);
${credentialsText(plan)}  return headers;
}
`;

function credentialsText({ rules }: Plan): string {
  const named = rules.filter(({ allowOrigin }) => allowOrigin === 'origin');
  const [kind = 'none', ...others] = new Set(named.map(({ credentials }) => credentials));
  if (others.length > 0) throw new Error('the rules of one bucket send Allow-Credentials in several ways');
  const condition = CREDENTIALS[kind];
  return condition === null
    ? ''
    : `  if (${condition})\n    headers.push(['${names.ALLOW_CREDENTIALS}', 'true']);\n`;
}

const NAMED = "allowOrigin !== '*' && allowOrigin !== 'null'";
const CREDENTIALS: Readonly<Record<Credentials, string | null>> = {
  none: null,
  all: NAMED,
  // An Origin with `*` is no entry without `*`.
  exact: `${NAMED} && rule.origins.includes(origin) && !origin.includes('*')`,
};

/** What lists of names need: those of header lines, and Vary. */
const LISTS = `
// The items of a list, trimmed, each once.
function itemsIn(list) {
  const seen = {};
  const items = [];
  for (let at = 0; at < list.length; at++) {
    const item = list[at].trim();
    // A colon before: the name may be one that every object has.
    const key = ':' + item.toLowerCase();
    if (item === '' || seen[key]) continue;
    seen[key] = true;
    items.push(item);
  }
  return items;
}

// Vary of an answer: its own names without Origin, which the bucket does not get, and these.
function mergedVary(own, names) {
  const others = own.split(',').filter((name) => name.trim().toLowerCase() !== 'origin');
  const items = itemsIn(others.concat(names));
  return items.includes('*') ? '*' : items.join(', ');
}
`;
