import type { CompiledRules } from '../../cors/compile.ts';
import { METHODS } from '../../cors/rule.ts';
import type { Objection } from '../../cors/traits.ts';
import { outcomeOf } from '../outcome.ts';
import type { Plan } from '../plan.ts';
import { refusalBody } from '../refusal-body.ts';
import { DEFAULT, mapBlock, type Row } from './text.ts';
import { ASKED_METHOD, ORIGIN, type Variables } from './variables.ts';

/** Why preflights are refused. */
export interface Refusal {
  /** The value of the map that decides. */
  readonly id: string;
  readonly status: number;
  readonly body: string;
}

/** How refusals of preflights are found. */
export interface Refusals {
  /** The value of a preflight that no rule allows: the `id` of a refusal, or the variable that has it. */
  readonly value: string;
  readonly refusals: readonly Refusal[];
  readonly maps: readonly string[];
}

/** The refusals by what a preflight lacks, asked of the engine. Those with the same answer are one. */
export function refusalsOf(rules: CompiledRules, { refusedStatus }: Plan, v: Variables): Refusals {
  const asked = { method: 'OPTIONS', requestHeaders: null };
  const statusOf = (origin: string | null, requestMethod: string | null): number =>
    outcomeOf(rules, { ...asked, origin, requestMethod }).status ?? refusedStatus;
  const found: Refusal[] = [];
  const refusal = (id: string, status: number, reason: Objection | 'unmatched'): string => {
    const body = refusalBody(rules, reason);
    const same = found.find((one) => one.status === status && one.body === body);
    if (same === undefined) found.push({ id, status, body });
    return same?.id ?? id;
  };
  const one = 'https://one.example';
  const hasRules = rules.rules.length > 0;
  const unmatched = refusal('not_allowed', refusedStatus, hasRules ? 'unmatched' : 'no_rules');
  const unknownStatus = statusOf(one, 'PATCH');
  const unknown =
    unknownStatus === refusedStatus
      ? unmatched
      : refusal('unknown_method', unknownStatus, 'method_not_allowed');
  const withoutMethodStatus = statusOf(one, null);
  const withoutMethod =
    withoutMethodStatus === refusedStatus
      ? unmatched
      : refusal('no_method', withoutMethodStatus, 'method_missing');
  const withoutOrigin = refusal('no_origin', statusOf(null, 'GET'), 'origin_missing');
  const byMethod: readonly Row[] = [
    ...(withoutMethod === unknown ? [] : [['', withoutMethod] as const]),
    ...(unmatched === unknown ? [] : [[{ regex: `^(?:${METHODS.join('|')})$` }, unmatched] as const]),
    [DEFAULT, unknown],
  ];
  const byOrigin: readonly Row[] = [
    ['', withoutOrigin],
    [DEFAULT, byMethod.length === 1 ? unknown : `$${v.badMethod}`],
  ];
  return {
    value: `$${v.refused}`,
    refusals: found.toReversed(),
    maps: [
      mapBlock(ORIGIN, v.refused, byOrigin, 'Why a preflight that no rule allows is refused.'),
      ...(byMethod.length === 1 ? [] : [mapBlock(ASKED_METHOD, v.badMethod, byMethod)]),
    ],
  };
}
