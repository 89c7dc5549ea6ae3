import type { CompiledRule } from '../../cors/compile.ts';
import * as names from '../../cors/names.ts';
import { METHODS } from '../../cors/rule.ts';
import { ANSWER_HEADERS } from '../bucket-headers.ts';
import type { Plan } from '../plan.ts';

/**
 * A rule for response headers: the parameters of CreateHttpResponseHeaderModificationRule besides SiteId
 * (https://www.alibabacloud.com/help/en/edge-security-acceleration/esa/api-esa-2024-09-10-createhttpresponseheadermodificationrule).
 */
export interface HeaderRule {
  readonly RuleName: string;
  readonly RuleEnable: 'on' | 'off';
  /** An expression; `true` for every request. */
  readonly Rule: string;
  /** Rules apply from the smallest number on, and a later one replaces what an earlier one wrote. */
  readonly Sequence: number;
  readonly ResponseHeaderModification: readonly HeaderChange[];
}

export interface HeaderChange {
  readonly Name: string;
  /** `add` replaces a header of that name. */
  readonly Operation: 'add' | 'del' | 'modify';
  readonly Type?: 'static' | 'dynamic';
  readonly Value?: string;
}

/**
 * Header rules for a plan, or null where they do not suffice: where answers differ by origin, or need Vary, which a rule
 * would write in place of the bucket's own.
 */
export function headerRules(plan: Plan, name: string): readonly HeaderRule[] | null {
  const { methods, otherMethod } = plan;
  if ([...methods, otherMethod].some(({ variesByOrigin }) => variesByOrigin)) return null;
  const allowed = methods.filter(({ withoutOrigin }) => withoutOrigin !== null);
  const groups = [...Map.groupBy(allowed, ({ withoutOrigin }) => withoutOrigin)];
  const written = groups.flatMap(([rule, members], at) =>
    rule === null
      ? []
      : [
          ruleOf(
            `${name}_${at + 1}`,
            `(${methodIn(members.map(({ method }) => method))})`,
            at + 1,
            changesFor(rule),
          ),
        ],
  );
  // OPTIONS is the bucket's: no preflight passes that it refuses.
  const left = [...allowed.map(({ method }) => method), 'OPTIONS'];
  const others = `(not ${methodIn(left)})`;
  const removed = ANSWER_HEADERS.map(remove);
  return [...written, ruleOf(`${name}_others`, others, written.length + 1, removed)];
}

const ruleOf = (
  RuleName: string,
  Rule: string,
  Sequence: number,
  ResponseHeaderModification: readonly HeaderChange[],
): HeaderRule => ({ RuleName, RuleEnable: 'on', Rule, Sequence, ResponseHeaderModification });

/** https://www.alibabacloud.com/help/en/edge-security-acceleration/esa/user-guide/operators */
const methodIn = (methods: readonly string[]): string => {
  const values = [...methods].sort((one, other) => order(one) - order(other)).map((one) => `"${one}"`);
  return `http.request.method in {${values.join(' ')}}`;
};

const order = (method: string): number => [...METHODS, 'OPTIONS'].indexOf(method);

/** Every header is written or removed, so that no header of the bucket's own is left. */
function changesFor(rule: CompiledRule): readonly HeaderChange[] {
  const values: Readonly<Record<(typeof ANSWER_HEADERS)[number], string | null>> = {
    [names.ALLOW_ORIGIN]: '*',
    [names.ALLOW_METHODS]: rule.allowMethods,
    [names.ALLOW_HEADERS]: null,
    [names.EXPOSE_HEADERS]: rule.exposeHeaders,
    [names.MAX_AGE]: rule.maxAge,
    [names.ALLOW_CREDENTIALS]: null,
  };
  return ANSWER_HEADERS.map((name) => {
    const value = values[name];
    return value === null
      ? remove(name)
      : { Name: name, Operation: 'add' as const, Type: 'static' as const, Value: value };
  });
}

const remove = (Name: string): HeaderChange => ({ Name, Operation: 'del' });
