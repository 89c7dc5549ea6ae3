import type { CompiledRules } from '../../cors/compile.ts';
import * as names from '../../cors/names.ts';
import type { Plan, PlannedRule } from '../plan.ts';
import { constantMethods, neededObjections } from '../planned.ts';
import { refusalBody } from '../refusal-body.ts';
import { credentialsCondition, HAS_NAMES, matcher, NOT_NAMES, OBJECTS, ruleConditions } from './matchers.ts';

type Lines = readonly string[];

const indented = (lines: Lines): Lines => lines.map((line) => (line === '' ? '' : `    ${line}`));
const block = (head: string, lines: Lines): Lines => [`${head} {`, ...indented(lines), '}'];

/** The values of headers have no quote, backslash or brace: header names are tokens (RFC 9110 §5.6.2). */
const quoted = (value: string): string => `"${value}"`;

/** Snippet with the headers of a rule that do not depend on the request, aligned. */
export function ruleSnippet(name: string, planned: PlannedRule): Lines {
  const { rule, allowOrigin } = planned;
  const headers: [string, string][] = [
    [names.ALLOW_ORIGIN, allowOrigin === '*' ? '*' : `{vars.${name}_origin}`],
    [names.ALLOW_METHODS, quoted(rule.allowMethods)],
  ];
  if (rule.exposeHeaders !== null) headers.push([names.EXPOSE_HEADERS, quoted(rule.exposeHeaders)]);
  if (rule.maxAge !== null) headers.push([names.MAX_AGE, rule.maxAge]);
  if (credentialsCondition(planned) === 'all') headers.push([names.ALLOW_CREDENTIALS, 'true']);
  const width = Math.max(...headers.map(([header]) => header.length));
  return block(
    `(${name}_rule_${rule.number})`,
    headers.map(([header, value]) => `${header.padEnd(width)} ${value}`),
  );
}

/**
 * Sets headers twice: at once, for the errors of Caddy itself, and again when the answer is written, in place of the
 * bucket's own.
 */
const set = (condition: string, line: string): Lines => [
  ...block(`header${condition}`, [line]),
  ...block(`header${condition}`, [line, 'defer']),
];

/** The first rule that matches: only one of these `handle` blocks applies. */
export function ruleHandlers(name: string, plan: Plan, planned: PlannedRule): Lines {
  const { rule } = planned;
  const at = `${name}_rule_${rule.number}`;
  const constant = constantMethods(plan, planned);
  const always =
    constant.length > 0 && constant.length < rule.methods.size
      ? [
          `# These methods have the same answer for every origin, and without one.`,
          ...matcher(`${at}_always`, [`method ${constant.join(' ')}`]),
          ...block(`handle @${at}_always`, set('', `import ${at}`)),
        ]
      : [];
  return [
    ...matcher(at, ruleConditions(plan, planned)),
    ...block(`handle @${at}`, [...set('', `import ${at}`), ...credentials(at, planned)]),
    ...always,
  ];
}

function credentials(at: string, planned: PlannedRule): Lines {
  const condition = credentialsCondition(planned);
  if (condition === 'all' || condition === 'none') return [];
  const name = `${at}_credentials`;
  return [...matcher(name, [condition]), ...set(` @${name}`, `${names.ALLOW_CREDENTIALS} true`)];
}

/** Answers a refused preflight, in the store's own form. */
const refuse = (name: string, status: number, body: string): Lines =>
  block(`handle @${name}`, ['header Content-Type application/xml', `respond ${quoted(body)} ${status}`]);

/** The `handle` blocks of preflights that are refused before any rule, in the order in which the store checks them. */
export function objectionHandlers(name: string, rules: CompiledRules, plan: Plan): Lines {
  return neededObjections(plan).flatMap(({ reason, status }) => {
    const at = `${name}_${reason}`;
    const condition = OBJECTS[reason];
    const lines = ['method OPTIONS', ...(condition === null ? [] : [condition])];
    return [...matcher(at, lines), ...refuse(at, status, refusalBody(rules, reason))];
  });
}

/** What stands around the rules: which names Go would read otherwise, and preflights that no rule allows. */
export function refusedHandlers(name: string, rules: CompiledRules, { refusedStatus, rules: planned }: Plan) {
  const body = refusalBody(rules, 'unmatched');
  const hasNames = planned.some(({ rule }) => !rule.headers.any && rule.rule.allowedHeaders.length > 0);
  return {
    first: hasNames
      ? [
          ...matcher(`${name}_not_names`, ['method OPTIONS', NOT_NAMES]),
          ...refuse(`${name}_not_names`, refusedStatus, body),
        ]
      : [],
    last: refuse(`${name}_preflight`, refusedStatus, body),
  };
}

/** Allow-Headers of a preflight that is allowed: the names that were asked for, as a list of one form. */
export function allowHeaders(name: string, { rules }: Plan): Lines {
  if (rules.every(({ rule }) => rule.rule.allowedHeaders.length === 0)) return [];
  const header = names.ALLOW_HEADERS;
  return [
    ...matcher(`${name}_names`, ['method OPTIONS', HAS_NAMES]),
    ...block(`header @${name}_names`, [
      `${header} {header.Access-Control-Request-Headers}`,
      `${header} [\\x20\\t]*,[\\x20\\t,]* ", "`,
      `${header} ^[\\x20\\t,]*(.*?)[\\x20\\t,]*$ $1`,
    ]),
  ];
}
