import * as names from '../../cors/names.ts';
import { METHODS } from '../../cors/rule.ts';
import type { Plan } from '../plan.ts';
import { ECHO, type Tables, type Verdict } from './tables.ts';
import { DEFAULT, literal, mapBlock, type Row } from './text.ts';
import { METHOD, ORIGIN, type Variables } from './variables.ts';

/** A response header that depends on the rule. */
export interface HeaderValue {
  readonly header: string;
  /** The map that has the value, without `$`. */
  readonly variable: string;
  readonly map: string;
  /** The value of every allowed preflight, or the variable. */
  readonly preflight: string;
}

/** The headers that rules send, each with its map. */
export function headerValues({ verdicts }: Tables, name: string, v: Variables): readonly HeaderValue[] {
  const variables = [
    [names.ALLOW_ORIGIN, v.allowOrigin],
    [names.ALLOW_METHODS, v.allowMethods],
    [names.EXPOSE_HEADERS, v.exposeHeaders],
    [names.MAX_AGE, v.maxAge],
    [names.ALLOW_CREDENTIALS, v.allowCredentials],
  ] as const;
  return variables.flatMap(([header, variable]) => {
    const rows = verdicts.flatMap((verdict): readonly Row[] => {
      const value = valueIn(verdict, header, name);
      return value === null ? [] : [[verdict.id, value]];
    });
    if (rows.length === 0) return [];
    const values = new Set(rows.map(([, value]) => value));
    const [only = ''] = values;
    const isSame = values.size === 1 && rows.length === verdicts.length;
    const map = mapBlock(`$${v.rule}`, variable, rows);
    return [{ header, variable, map, preflight: isSame ? only : `$${variable}` }];
  });
}

function valueIn({ headers }: Verdict, header: string, name: string): string | null {
  const value = headers.get(header);
  if (value === undefined) return null;
  return value === ECHO ? ORIGIN : literal(value, name);
}

/** A method and any Vary. The groups have what is left without Origin, which may stand first and in three other places. */
const OWN_VARY = (() => {
  const origin = '(?i:\\s*,\\s*origin(?=\\s*(?:,|$)))+';
  return `^\\S+ (?i:origin\\s*(?:,\\s*|$))*(.*?)${`(?:${origin}(.*?))?`.repeat(3)}$`;
})();

/**
 * Vary of an answer to a method: the bucket's own without Origin, which it does not get, and Origin where the answer
 * depends on it. OPTIONS is here for nginx's own errors that come before the preflight is answered, such as 413.
 */
export function varyMap({ methods, otherMethod, preflightVary }: Plan, v: Variables): string {
  const own = '$upstream_http_vary';
  const varies = methods.filter(({ variesByOrigin }) => variesByOrigin).map(({ method }) => method);
  const all = otherMethod.variesByOrigin;
  const some = all ? '\\S+' : `(?:${varies.join('|')})`;
  const rows: readonly Row[] = [
    ['OPTIONS ', preflightVary.join(', ')],
    ...METHODS.map((method) => [`${method} `, all || varies.includes(method) ? 'Origin' : ''] as const),
    [{ regex: '^\\S+ (?:.*,)?\\s*\\*\\s*(?:,.*)?$' }, '*'],
    ...(all || varies.length > 0
      ? [
          [{ regex: `^${some} (?i:(?:.*,)?\\s*origin\\s*(?:,.*)?)$` }, own] as const,
          [{ regex: `^${some} .` }, `${own}, Origin`] as const,
        ]
      : []),
    ...(all ? [[DEFAULT, 'Origin'] as const] : [[{ regex: OWN_VARY }, '$1$2$3$4'] as const]),
  ];
  return mapBlock(
    `${METHOD} ${own}`,
    v.vary,
    rows,
    "The bucket's own Vary without Origin, which the bucket does not get, and Origin where answers differ by it.",
  );
}
