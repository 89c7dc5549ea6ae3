import { answer } from '../../cors/answer.ts';
import { type CompiledRule, type CompiledRules, compileRules } from '../../cors/compile.ts';
import { decide } from '../../cors/decide.ts';
import type { Method } from '../../cors/rule.ts';
import { createAcceptor } from '../acceptor.ts';
import { ORIGINS as ALPHABET } from '../alphabet.ts';
import { CREDENTIALS, missingGrants } from '../grants.ts';
import { actualRequest } from '../table.ts';
import { witnessesOf } from '../witness.ts';
import type { Checks, Context, Draft } from './context.ts';
import { formProblem } from './origin-form.ts';
import { coveredEntries, duplicates, repeated } from './repeats.ts';
import { shown } from './shown.ts';

/** The checks of entries and rules that others stand in front of, or beside. */
export const ORDER: Checks<'BC301' | 'BC302' | 'BC303' | 'BC304'> = {
  BC301: coveredEntries,
  BC302: duplicates,
  BC303: unreached,
  BC304: hidden,
};

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
    const alike = losses.filter(({ by, lost }) => by === loss.by && lost === loss.lost);
    const methods = alike.map(({ method }) => method);
    yield {
      rule: rule.number,
      reason: `stands behind a wider rule: ${methods.join(' and ')} from ${shown(loss.origin)} ${methods.length === 1 ? 'gets' : 'get'} rule ${loss.by}, which ${loss.lost}`,
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
  const listings = listingsOf(compiled);
  const acceptor = createAcceptor(listings.map(([entry]) => entry));
  return (entry) => acceptor(entry).flatMap((at) => listings[at]?.[1] ?? []);
}

/** The distinct entries of each rule, with the rule. */
const listingsOf = ({ rules }: CompiledRules): readonly (readonly [entry: string, rule: CompiledRule])[] =>
  rules.flatMap((rule) => [...new Set(rule.rule.allowedOrigins)].map((entry) => [entry, rule] as const));

/** What the first entry that loses something loses. */
function firstLosses(
  context: Context,
  rule: CompiledRule,
  front: (entry: string) => readonly CompiledRule[],
): readonly Loss[] {
  const alone = compileRules({ rules: [rule.rule], responseVary: false }, context.behaviour);
  for (const entry of new Set(rule.rule.allowedOrigins)) {
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
