import type { Rule } from '../../cors/rule.ts';
import type { ListField } from '../../document/forms.ts';
import { createAcceptor } from '../acceptor.ts';
import { type Context, type Draft, numbered } from './context.ts';
import { shown } from './shown.ts';

const LISTS = ['allowedOrigins', 'allowedMethods', 'allowedHeaders', 'exposeHeaders'] as const;

/** How entries of a list are compared: names of headers ignore case. */
const keyOf = (field: ListField, value: string): string =>
  field === 'allowedHeaders' || field === 'exposeHeaders' ? value.toLowerCase() : value;

export function* coveredEntries(context: Context): Generator<Draft> {
  for (const [rule, number] of numbered(context)) {
    const covering = {
      allowedOrigins: coveringEntries(rule, 'allowedOrigins', context),
      allowedHeaders: coveringEntries(rule, 'allowedHeaders', context),
    };
    const without = (field: Covered) =>
      rule[field].filter((_, index) => covering[field][index] === undefined);
    const rewritten = {
      ...rule,
      allowedOrigins: without('allowedOrigins'),
      allowedHeaders: without('allowedHeaders'),
    };
    for (const field of ['allowedOrigins', 'allowedHeaders'] as const)
      for (const [index, value] of rule[field].entries()) {
        const wider = covering[field][index];
        if (wider !== undefined)
          yield {
            rule: number,
            field,
            index,
            value,
            reason: `has no effect beside ${shown(wider)}, which covers it`,
            write: `${shown(wider)} alone, or the others without ${shown(wider)}`,
            rewritten,
          };
      }
  }
}

type Covered = 'allowedOrigins' | 'allowedHeaders';

/** For each entry the wider one of the same list that covers it, `*` first. A pattern covers all that its text matches. */
function coveringEntries(rule: Rule, field: Covered, context: Context): readonly (string | undefined)[] {
  const spelt = Map.groupBy(rule[field], (value) => keyOf(field, value));
  const keys = [...spelt.keys()];
  const acceptor = createAcceptor(keys);
  const coveringOne = (key: string): string | undefined => {
    if (key === '*') return undefined;
    if (spelt.has('*')) return '*';
    if (field === 'allowedOrigins' && getsCredentials(key, context)) return undefined;
    const wider = acceptor(key).flatMap((at) => keys[at] ?? []);
    return spelt.get(wider.find((one) => one !== key) ?? '')?.[0];
  };
  const covering = new Map(keys.map((key) => [key, coveringOne(key)]));
  return rule[field].map((value) => covering.get(keyOf(field, value)));
}

/**
 * An edge can give credentials to an origin that a rule of OSS names without a wildcard (semantics.md §3). A pattern gives
 * none, so the name has an effect beside it. The edges that use the rules have their own option, whatever it is here.
 */
const getsCredentials = (entry: string, { behaviour }: Context): boolean =>
  behaviour.dialect === 'oss' && !entry.includes('*') && entry !== 'null';

export function* duplicates(context: Context): Generator<Draft> {
  const first = new Map<string, number>();
  for (const [rule, number] of numbered(context)) {
    const key = meaningOf(rule);
    const same = first.get(key);
    if (same === undefined) first.set(key, number);
    else
      yield {
        rule: number,
        reason: `repeats rule ${same}`,
        write: `rule ${same} alone`,
        rewritten: null,
      };
    yield* duplicateValues(rule, number, same !== undefined);
  }
}

function* duplicateValues(rule: Rule, number: number, isDuplicate: boolean): Generator<Draft> {
  const isFirst = (field: ListField) => {
    const seen = new Set<string>();
    return rule[field].map((value) => seen.size < seen.add(keyOf(field, value)).size);
  };
  const firsts = Object.fromEntries(LISTS.map((field) => [field, isFirst(field)]));
  const unique = (field: ListField) => rule[field].filter((_, index) => firsts[field]?.[index]);
  const rewritten = { ...rule, ...Object.fromEntries(LISTS.map((field) => [field, unique(field)])) };
  for (const field of LISTS)
    for (const [index, value] of rule[field].entries())
      if (!firsts[field]?.[index])
        yield {
          rule: number,
          field,
          index,
          value,
          reason: 'stands twice in its list',
          write: 'it once',
          rewritten: isDuplicate ? null : rewritten,
        };
}

/** What a rule accepts and answers, whatever the order of its lists and its name. */
function meaningOf(rule: Rule): string {
  const lists = LISTS.map((field) => [...new Set(rule[field].map((value) => keyOf(field, value)))].sort());
  return JSON.stringify([lists, rule.maxAgeSeconds ?? null]);
}

/** Numbers of the rules that repeat an earlier one. */
export function repeated(context: Context): ReadonlySet<number> {
  const seen = new Set<string>();
  return new Set(
    numbered(context).flatMap(([rule, number]) =>
      seen.size < seen.add(meaningOf(rule)).size ? [] : [number],
    ),
  );
}
