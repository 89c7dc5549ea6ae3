import { answer } from '../../cors/answer.ts';
import { type CompiledRule, type CompiledRules, compileRules } from '../../cors/compile.ts';
import { decide } from '../../cors/decide.ts';
import type { Method, Rule } from '../../cors/rule.ts';
import type { ListField } from '../../document/forms.ts';
import { createAcceptor } from '../acceptor.ts';
import { ORIGINS as ALPHABET } from '../alphabet.ts';
import { CREDENTIALS, missingGrants } from '../grants.ts';
import { actualRequest } from '../table.ts';
import { witnessesOf } from '../witness.ts';
import { type Checks, type Context, type Draft, numbered } from './context.ts';
import { formProblem } from './origin-form.ts';
import { shown } from './shown.ts';

/** The checks of entries and rules that others stand in front of, or beside. */
export const ORDER: Checks<'BC301' | 'BC302' | 'BC303' | 'BC304'> = {
  BC301: coveredEntries,
  BC302: duplicates,
  BC303: unreached,
  BC304: hidden,
};

const LISTS = ['allowedOrigins', 'allowedMethods', 'allowedHeaders', 'exposeHeaders'] as const;

/** How entries of a list are compared: names of headers ignore case. */
const keyOf = (field: ListField, value: string): string =>
  field === 'allowedHeaders' || field === 'exposeHeaders' ? value.toLowerCase() : value;

function* coveredEntries(context: Context): Generator<Draft> {
  for (const [rule, number] of numbered(context)) {
    const covering = {
      allowedOrigins: coveringEntries(rule, 'allowedOrigins', context),
      allowedHeaders: coveringEntries(rule, 'allowedHeaders', context),
    };
    const without = (field: 'allowedOrigins' | 'allowedHeaders') =>
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

/** For each entry the wider one of the same list that covers it, `*` first. A pattern covers all that its text matches. */
function coveringEntries(
  rule: Rule,
  field: 'allowedOrigins' | 'allowedHeaders',
  { behaviour }: Context,
): readonly (string | undefined)[] {
  const entries = rule[field].map((value) => keyOf(field, value));
  const acceptor = createAcceptor(entries);
  // With this option an origin without a wildcard gets credentials that a pattern does not give it.
  const namesCount =
    field === 'allowedOrigins' && behaviour.dialect === 'oss' && behaviour.dangerouslyAllowCredentials;
  return entries.map((entry) => {
    const wider = acceptor(entry)
      .map((at) => rule[field][at] ?? '')
      .filter((one) => keyOf(field, one) !== entry);
    if (wider.includes('*')) return '*';
    return namesCount && !entry.includes('*') ? undefined : wider[0];
  });
}

function* duplicates(context: Context): Generator<Draft> {
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
function repeated(context: Context): ReadonlySet<number> {
  const seen = new Set<string>();
  return new Set(
    numbered(context).flatMap(([rule, number]) =>
      seen.size < seen.add(meaningOf(rule)).size ? [] : [number],
    ),
  );
}

/** A rule whose origins match nothing has findings about them. */
function unreachedRules(
  context: Context,
): readonly { readonly number: number; readonly behind: readonly number[] }[] {
  const same = repeated(context);
  return context
    .reach()
    .filter(
      ({ byActual, byPreflight, acceptsOrigins, rule }) =>
        acceptsOrigins && !byActual && !byPreflight && !same.has(rule.number),
    )
    .map(({ rule, behind }) => ({ number: rule.number, behind }));
}

function* unreached(context: Context): Generator<Draft> {
  for (const { number, behind } of unreachedRules(context))
    yield {
      rule: number,
      reason: `is never reached: ${rulesNamed(behind)} before it ${behind.length === 1 ? 'decides' : 'decide'} every request that it allows`,
      write: `it before rule ${behind[0] ?? 1}, or leave it out`,
      rewritten: null,
    };
}

const NAMED = 5;

/** `rule 1`, `rules 1 and 3`, `rules 1, 2, 3, 4, 5 and 7 more`. */
function rulesNamed(numbers: readonly number[]): string {
  if (numbers.length <= 1) return `rule ${numbers[0] ?? ''}`;
  const shown = numbers.slice(0, numbers.length > NAMED ? NAMED : -1);
  const last = numbers.length > NAMED ? `${numbers.length - NAMED} more` : numbers.at(-1);
  return `rules ${shown.join(', ')} and ${last}`;
}

/**
 * A rule that is reached, but not by some method of an origin entry that an earlier rule covers for this method: the
 * earlier rule answers, and grants less.
 */
function* hidden(context: Context): Generator<Draft> {
  const never = new Set([...unreachedRules(context).map(({ number }) => number), ...repeated(context)]);
  const front = frontOf(context);
  for (const rule of context.compiled.rules) {
    if (never.has(rule.number)) continue;
    const losses = firstLosses(context, rule, front);
    const [loss] = losses;
    if (loss === undefined) continue;
    const methods = losses.map(({ method }) => method);
    yield {
      rule: rule.number,
      reason: `stands behind a wider rule: ${methods.join(' and ')} from ${shown(loss.origin)} gets rule ${loss.by}, which ${loss.lost}`,
      write: `it before rule ${loss.by}`,
    };
  }
}

interface Loss {
  readonly origin: string;
  readonly method: Method;
  readonly by: number;
  readonly lost: string;
}

/** Finds the rules that have an entry that covers this one. */
function frontOf({ compiled }: Context): (entry: string) => readonly CompiledRule[] {
  const owners = compiled.rules.flatMap((rule) => rule.rule.allowedOrigins.map(() => rule));
  const acceptor = createAcceptor(compiled.rules.flatMap(({ rule }) => rule.allowedOrigins));
  return (entry) => acceptor(entry).flatMap((at) => owners[at] ?? []);
}

/** What the first entry that loses something loses. */
function firstLosses(
  context: Context,
  rule: CompiledRule,
  front: (entry: string) => readonly CompiledRule[],
): readonly Loss[] {
  const alone = compileRules({ rules: [rule.rule], responseVary: false }, context.behaviour);
  for (const entry of rule.rule.allowedOrigins) {
    const covering = front(entry);
    if (covering[0]?.number === rule.number || formProblem(entry) !== undefined) continue;
    const losses = lossesOf(context, rule, alone, entry, covering);
    if (losses.length > 0) return losses;
  }
  return [];
}

function lossesOf(
  { compiled }: Context,
  rule: CompiledRule,
  alone: CompiledRules,
  entry: string,
  covering: readonly CompiledRule[],
): readonly Loss[] {
  const hiddenMethods = [...new Set(rule.rule.allowedMethods)].filter((method) =>
    covering.some(({ number, methods }) => number < rule.number && methods.has(method)),
  );
  if (hiddenMethods.length === 0) return [];
  const origin = witnessOf(entry);
  return hiddenMethods.flatMap((method) => {
    const request = actualRequest(origin, method);
    const decision = decide(compiled, request);
    const by = decision.rule?.number ?? 0;
    const lost = missingGrants(
      answer(compiled, decision).headers,
      answer(alone, decide(alone, request)).headers,
    );
    return by === 0 || by >= rule.number || lost.length === 0
      ? []
      : [{ origin, method, by, lost: inWords(lost, rule) }];
  });
}

/** An origin that the entry accepts. */
const witnessOf = (entry: string): string =>
  entry.includes('*') ? (witnessesOf([entry], ALPHABET).words.at(-1) ?? entry) : entry;

/** `exposes no ETag and allows no credentials`. */
function inWords(lost: readonly string[], { rule }: CompiledRule): string {
  const names = rule.exposeHeaders.filter((name) => lost.includes(name.toLowerCase()));
  return [
    ...(names.length > 0 ? [`exposes no ${[...new Set(names)].join(', ')}`] : []),
    ...(lost.includes(CREDENTIALS) ? ['allows no credentials'] : []),
  ].join(' and ');
}
