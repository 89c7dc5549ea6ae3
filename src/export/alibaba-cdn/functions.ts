/**
 * A function of a domain, in the names of BatchSetCdnDomainConfig
 * (https://www.alibabacloud.com/help/en/cdn/developer-reference/parameters-for-configuring-features-for-domain-names).
 */
export interface CdnFunction {
  readonly functionName: string;
  readonly functionArgs: readonly { readonly argName: string; readonly argValue: string }[];
  /** The ConfigId of the `condition` that decides whether the function applies to a request. */
  readonly parentId?: string | number;
}

/** What a condition compares: one part of the request. Values of `contains` may have `*` and `?`. */
export interface Criterion {
  readonly matchType: string;
  readonly matchObject?: string;
  readonly matchOperator: string;
  readonly matchValue: string | readonly string[];
  readonly negate: boolean;
  readonly caseSensitive?: boolean;
}

/** The value of `condition`'s argument `rule`. Criteria may be nested, in a form that the vendor documents nowhere. */
export interface ConditionRule {
  readonly match: { readonly logic: 'and' | 'or'; readonly criteria: readonly Criterion[] };
  readonly name: string;
  readonly status: 'enable' | 'disable';
}

/** An entry of the domain's response headers. */
export interface HeaderEntry {
  readonly key: string;
  /** Null: the header is deleted. */
  readonly value: string | null;
  /** The header's own lines stay, and one more is added. */
  readonly isAdded?: boolean;
  /** `value` is a list of origins, and the answer names the request's Origin if it is in the list. */
  readonly isChecked?: boolean;
  /** The condition that it applies under. */
  readonly condition?: ConditionRule;
}

/** What a configuration for a domain consists of. */
export interface CdnConfig {
  readonly conditions: readonly ConditionRule[];
  readonly headers: readonly HeaderEntry[];
}

const args = (pairs: readonly (readonly [name: string, value: string])[]): CdnFunction['functionArgs'] =>
  pairs.map(([argName, argValue]) => ({ argName, argValue }));

export const conditionFunction = (rule: ConditionRule): CdnFunction => ({
  functionName: 'condition',
  functionArgs: args([['rule', JSON.stringify(rule)]]),
});

/** `null` as the value deletes a header, so the page of `set_resp_header` says. */
export const headerFunction = ({ key, value, isAdded, isChecked }: HeaderEntry): CdnFunction => ({
  functionName: 'set_resp_header',
  functionArgs: args([
    ['header_operation_type', value === null ? 'delete' : 'add'],
    ['key', key],
    ['value', value ?? 'null'],
    ...(value === null ? [] : ([['duplicate', isAdded ? 'on' : 'off']] as const)),
    ...(isChecked ? ([['access_origin_control', 'on']] as const) : []),
  ]),
});
