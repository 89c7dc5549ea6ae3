import type { CompiledRules } from '../../cors/compile.ts';
import { ALLOW_ORIGIN } from '../../cors/names.ts';
import { METHODS } from '../../cors/rule.ts';
import type { Objection } from '../../cors/traits.ts';
import type { Plan } from '../plan.ts';
import { neededObjections } from '../planned.ts';
import { refusalBody } from '../refusal-body.ts';
import { oneOf, string } from './quote.ts';
import { FACTS, indent } from './rules.ts';

/** Sets the status and the body of a preflight's answer, whose CORS headers are written already. */
export function preflightLines(rules: CompiledRules, plan: Plan): readonly string[] {
  const conditions: Readonly<Record<Objection, string>> = {
    origin_missing: 'req.http.Origin !~ "."',
    method_missing: `${FACTS.method} == ""`,
    method_not_allowed: `${FACTS.method} !~ ${oneOf(METHODS)}`,
    origin_not_allowed: `${FACTS.origin} == ""`,
    no_rules: 'true',
    rules_unavailable: 'false',
  };
  const refuse = (status: number, reason: Objection | 'unmatched') => [
    `set resp.status = ${status};`,
    'set resp.http.Content-Type = "application/xml";',
    `set resp.body = ${string(refusalBody(rules, reason))};`,
  ];
  const objections = neededObjections(plan, true);
  const closed = objections.find(({ reason }) => reason === 'no_rules');
  const last = closed ? refuse(closed.status, closed.reason) : refuse(plan.refusedStatus, 'unmatched');
  const branches = [
    ...(plan.rules.length > 0
      ? [{ condition: `resp.http.${ALLOW_ORIGIN}`, lines: ['set resp.status = 200;', 'set resp.body = "";'] }]
      : []),
    ...objections
      .filter((one) => one !== closed)
      .map(({ reason, status }) => ({ condition: conditions[reason], lines: refuse(status, reason) })),
  ];
  const lines = branches.flatMap(({ condition, lines: body }, at) => [
    `${at === 0 ? 'if' : '} elseif'} (${condition}) {`,
    ...indent(body),
  ]);
  return branches.length === 0 ? last : [...lines, '} else {', ...indent(last), '}'];
}
