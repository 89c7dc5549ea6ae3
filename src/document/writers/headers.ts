import type { Rule } from '../../cors/rule.ts';
import type { Fault } from '../fault.ts';
import type { PlaceOf } from '../place.ts';

/**
 * The headers of rules that a form with one list for allowed and exposed headers cannot say (semantics.md §6): a name in
 * only one of the two lists would be in both, and a wildcard for request headers could expose every response header.
 */
export const headerFaults = (rules: readonly Rule[], title: string, placeOf: PlaceOf): readonly Fault[] =>
  rules.flatMap(({ allowedHeaders, exposeHeaders }, index) => {
    const allowed = new Set(allowedHeaders.map(lower));
    const exposed = new Set(exposeHeaders.map(lower));
    return [
      ...allowedHeaders.flatMap((value, at) => {
        if (exposed.has(lower(value))) return [];
        const place = placeOf(index + 1, 'allowedHeaders', at + 1);
        return [{ place, value, ...(value.includes('*') ? wildcard(title) : onlyAllowed(title, value)) }];
      }),
      ...exposeHeaders.flatMap((value, at) => {
        if (allowed.has(lower(value))) return [];
        return [{ place: placeOf(index + 1, 'exposeHeaders', at + 1), value, ...onlyExposed(title, value) }];
      }),
    ];
  });

const lower = (name: string): string => name.toLowerCase();

const wildcard = (title: string) => ({
  reason: `cannot be said in ${title}: its one list is that of the exposed headers too, and * could expose all`,
  write: 'each request header by its full name, and the same names among the exposed headers',
});

const onlyAllowed = (title: string, value: string) => ({
  reason: `cannot be said in ${title}: its one list would expose ${value} too`,
  write: `${value} among the exposed headers too, or in neither list`,
});

const onlyExposed = (title: string, value: string) => ({
  reason: `cannot be said in ${title}: its one list would allow ${value} as a request header too`,
  write: `${value} among the allowed headers too, or in neither list`,
});
