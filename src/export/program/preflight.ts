import { traitsOf } from '../../cors/behaviour.ts';
import type { CompiledRules } from '../../cors/compile.ts';
import { METHODS } from '../../cors/rule.ts';
import type { Objection, StoreReason } from '../../cors/traits.ts';
import type { Plan } from '../plan.ts';
import { literal } from './literal.ts';

/** The condition of each objection to a preflight; null: it applies to every preflight. */
const CONDITIONS: Readonly<Record<Objection, string | null>> = {
  origin_missing: '!origin',
  method_missing: '!requestMethod',
  method_not_allowed: `!${literal(METHODS)}.includes(requestMethod)`,
  origin_not_allowed: '!isOneOrigin(origin)',
  no_rules: null,
  rules_unavailable: null,
};

/** The functions that answer preflights. Each objection stands in the order in which the store checks it. */
export function preflightText(rules: CompiledRules, plan: Plan): string {
  return `
// A preflight: what the bucket's store objects to, then the first rule that allows all of it.
function preflight(origin, requestMethod, requestHeaders) {
${checksOf(rules, plan)
  .map((line) => `  ${line}\n`)
  .join('')}}

const PREFLIGHT_VARY = ${literal(plan.preflightVary)};

function refused(status, code, message) {
  const text = '<Error><Code>' + code + '</Code><Message>' + message + '</Message></Error>';
  const body = '<?xml version="1.0" encoding="UTF-8"?>\\n' + text + '\\n';
  return { status: status, headers: [], vary: PREFLIGHT_VARY, body: body };
}
`;
}

function checksOf(rules: CompiledRules, plan: Plan): readonly string[] {
  const lines: string[] = [];
  for (const { reason, status } of plan.objections) {
    // A list of origins matches no rule: the search says so.
    if (reason === 'origin_not_allowed' && status === plan.refusedStatus) continue;
    const refuse = refuseText(rules, reason, status);
    const condition = CONDITIONS[reason];
    if (condition === null) return [...lines, refuse];
    lines.push(`if (${condition})`, `  ${refuse}`);
  }
  if (plan.rules.length > 0) lines.push(...SEARCH);
  return [...lines, refuseText(rules, 'origin_not_allowed', plan.refusedStatus)];
}

/** The next rule most likely refuses the name that a rule refused: a long list is then read once. */
const SEARCH = `const names = requestHeaders ? itemsIn(requestHeaders.toLowerCase().split(',')) : [];
let refusedName = null;
for (let at = 0; at < RULES.length && isOneOrigin(origin); at++) {
  const rule = RULES[at];
  if (!rule.methods.includes(requestMethod) || !matches(rule.origins, origin)) continue;
  // The name that the last rule refused is compared first.
  if (refusedName !== null && !matches(rule.headers, refusedName)) continue;
  const found = names.findIndex((name) => !matches(rule.headers, name));
  if (found === -1)
    return { status: 200, headers: headersOf(rule, origin, names), vary: PREFLIGHT_VARY, body: '' };
  refusedName = names[found];
}`.split('\n');

function refuseText({ behaviour, state }: CompiledRules, reason: Objection, status: number): string {
  const { code, message } = traitsOf(behaviour).refuse({
    reason: reason as StoreReason,
    bucketMissing: state === 'missing',
    requestMethod: null,
    resource: 'OBJECT',
  });
  // S3 repeats a method outside the five at the end, which would have to be escaped.
  const text = reason === 'method_not_allowed' ? message.replace(/: null$/, '') : message;
  return `return refused(${status}, ${literal(code)}, ${literal(escapeXml(text))});`;
}

const escapeXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
