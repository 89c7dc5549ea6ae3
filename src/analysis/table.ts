import type { CompiledRule } from '../cors/compile.ts';
import type { Facts } from '../cors/decide.ts';
import { METHODS, type Method } from '../cors/rule.ts';
import { containsAll, type HeaderSet, type Model, type ModelledRules, type OriginClass } from './model.ts';

/** What one rule set decides for the origins of one class and one method. */
export interface Row {
  readonly origin: OriginClass;
  readonly method: Method;
  /** The rule of an actual request; null when no rule applies. */
  readonly actual: CompiledRule | null;
  /** The rules that some preflight reaches, in their order, each with the most headers that it decides on. */
  readonly preflights: readonly { readonly rule: CompiledRule; readonly headers: HeaderSet }[];
  /** False if a listing rule allows every header: no preflight is refused. */
  readonly refuses: boolean;
}

/** All decisions of one rule set of a model. Every request of one of the five methods falls into one of the rows. */
export function tableOf(model: Model, set: ModelledRules): readonly Row[] {
  return model.origins.flatMap((origin, at) =>
    METHODS.map((method) => {
      const listing = set.listing(at, method);
      return {
        origin,
        method,
        actual: listing[0] ?? null,
        preflights: listing
          .filter((rule) => firstAllowing(set, listing, set.headersOf(rule)) === rule)
          .map((rule) => ({ rule, headers: set.headersOf(rule) })),
        refuses: firstAllowing(set, listing, model.everyHeader) === null,
      };
    }),
  );
}

/** The rule that decides a preflight for all the headers of a set, out of those that list its origin and method. */
export const firstAllowing = (
  set: ModelledRules,
  listing: readonly CompiledRule[],
  headers: HeaderSet,
): CompiledRule | null => listing.find((rule) => containsAll(set.headersOf(rule), headers)) ?? null;

export const actualRequest = (origin: string, method: string): Facts => ({
  method,
  origin,
  requestMethod: null,
  requestHeaders: null,
});

/** A preflight, its header names in the order in which browsers send them (Fetch standard, "CORS-preflight fetch"). */
export const preflightRequest = (origin: string, method: string, headers: readonly string[]): Facts => ({
  method: 'OPTIONS',
  origin,
  requestMethod: method,
  requestHeaders: headers.length > 0 ? [...headers].sort().join(',') : null,
});
