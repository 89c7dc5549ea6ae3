import type { CompiledRules } from '../../cors/compile.ts';
import { METHODS } from '../../cors/rule.ts';
import { outcomeOf } from '../outcome.ts';
import type { Plan } from '../plan.ts';
import { DEFAULT, mapBlock, type Row } from './text.ts';
import { ASKED_METHOD, ORIGIN, type Variables } from './variables.ts';

/** How refusals of preflights are found. */
export interface Refusals {
  /** The value of a preflight that no rule allows: a status, or the variable that has it. */
  readonly value: string;
  readonly statuses: readonly number[];
  readonly maps: readonly string[];
}

/** The statuses by what a preflight lacks, asked of the engine. */
export function refusalsOf(rules: CompiledRules, { refusedStatus }: Plan, v: Variables): Refusals {
  const asked = { method: 'OPTIONS', requestHeaders: null };
  const statusOf = (origin: string | null, requestMethod: string | null): number =>
    outcomeOf(rules, { ...asked, origin, requestMethod }).status ?? refusedStatus;
  const one = 'https://one.example';
  const [withoutOrigin, withoutMethod, unknown] = [
    statusOf(null, 'GET'),
    statusOf(one, null),
    statusOf(one, 'PATCH'),
  ];
  const byMethod: readonly Row[] = [
    ...(withoutMethod === unknown ? [] : [['', `${withoutMethod}`] as const]),
    ...(refusedStatus === unknown
      ? []
      : [[{ regex: `^(?:${METHODS.join('|')})$` }, `${refusedStatus}`] as const]),
    [DEFAULT, `${unknown}`],
  ];
  const methodValue = byMethod.length === 1 ? `${unknown}` : `$${v.refusedMethod}`;
  const byOrigin: readonly Row[] = [
    ['', `${withoutOrigin}`],
    [DEFAULT, methodValue],
  ];
  return {
    value: `$${v.refused}`,
    statuses: [...new Set([withoutOrigin, withoutMethod, unknown, refusedStatus])].sort((a, b) => a - b),
    maps: [
      ...(byMethod.length === 1 ? [] : [mapBlock(ASKED_METHOD, v.refusedMethod, byMethod)]),
      mapBlock(ORIGIN, v.refused, byOrigin, 'The status of a preflight that no rule allows.'),
    ],
  };
}
