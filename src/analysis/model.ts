import { type CompiledRule, type CompiledRules, compileRules } from '../cors/compile.ts';
import { compileOrigins, type Entries, namesExactly } from '../cors/pattern.ts';
import { METHODS, type Method } from '../cors/rule.ts';
import { createAcceptor } from './acceptor.ts';
import { HEADER_NAMES, isWebOrigin, ORIGINS } from './alphabet.ts';
import { addBit, allBits, type Bits, emptyBits, hasBit, includesBits } from './bits.ts';
import { witnessesOf } from './witness.ts';

/** Origins that every rule of the model treats alike. */
export interface OriginClass {
  /** An origin of the class, one that browsers send if there is one. */
  readonly witness: string;
  /** The origins of the class that were found, the witness first: those that entries name, and one for a pattern. */
  readonly origins: readonly string[];
  /** True if browsers send one of these origins. */
  readonly isUsual: boolean;
}

/** Request-header names that one rule allows: a set of classes. Rules that allow the same names share one. */
export interface HeaderSet {
  readonly names: Bits;
  /** One name of each class in the set. */
  readonly witnesses: readonly string[];
}

/** One rule set, seen through the classes of the model. */
export interface ModelledRules {
  readonly compiled: CompiledRules;
  /** The rules that accept an origin class and list a method, in their order. */
  listing(origin: number, method: Method): readonly CompiledRule[];
  headersOf(rule: CompiledRule): HeaderSet;
}

/**
 * Several rule sets over common classes. A rule compares an origin, and a requested header name, only with its entries.
 * So all origins fall into finitely many classes, whose members every rule treats alike; header names likewise.
 */
export interface Model {
  readonly origins: readonly OriginClass[];
  /** One name of each class of header names. */
  readonly headers: readonly string[];
  readonly everyHeader: HeaderSet;
  readonly sets: readonly ModelledRules[];
  /** False if the entries have more classes than the limit: results are then right, but may lack some. */
  readonly complete: boolean;
}

/** Divides origins and header names into the classes that the given rule sets distinguish. */
export function modelOf(ruleSets: readonly CompiledRules[]): Model {
  const known = ruleSets.map(withoutMissing);
  const rules = known.flatMap((set) => set.rules);
  const origins = witnessesOf(['null', ...rules.flatMap(({ rule }) => rule.allowedOrigins)], ORIGINS);
  const headers = witnessesOf(
    rules.flatMap(({ rule }) => rule.allowedHeaders.map((name) => name.toLowerCase())),
    HEADER_NAMES,
  );
  const classes = groupOrigins(origins.words, rules);
  const headerSets = shareHeaderSets(headers.words, rules);
  return {
    origins: classes.map(({ shown }) => shown),
    headers: headers.words,
    everyHeader: headerSets.every,
    sets: known.map((set) => modelled(set, classes, rules, headerSets)),
    complete: origins.complete && headers.complete,
  };
}

/** A bucket that is missing, or whose rules are unknown, decides like one without rules. */
const withoutMissing = (set: CompiledRules): CompiledRules =>
  set.state === 'known' ? set : compileRules({ rules: [], responseVary: false }, set.behaviour);

interface Group {
  readonly shown: OriginClass;
  readonly accepting: Bits;
}

function groupOrigins(words: readonly string[], rules: readonly CompiledRule[]): readonly Group[] {
  const acceptingRules = ruleAcceptor(rules.map(({ rule }) => rule.allowedOrigins));
  const groups = Map.groupBy(
    words.map((word) => ({ word, accepting: acceptingRules(word) })),
    ({ word, accepting }) => `${word === 'null'} ${accepting.join()} ${exactly(word, accepting, rules)}`,
  );
  return [...groups.values()].map((members) => {
    const usual = members.filter(({ word }) => isWebOrigin(word)).map(({ word }) => word);
    const others = members.filter(({ word }) => !isWebOrigin(word)).map(({ word }) => word);
    const origins = [...usual, ...others];
    const accepting = emptyBits(rules.length);
    for (const at of members[0]?.accepting ?? []) addBit(accepting, at);
    return { shown: { witness: origins[0] ?? '', origins, isUsual: usual.length > 0 }, accepting };
  });
}

/** Lists the rules that accept a word, by their positions; `lists` has the entries of each. */
function ruleAcceptor(lists: readonly (readonly string[])[]): (word: string) => readonly number[] {
  const owners = lists.flatMap((list, rule) => list.map(() => rule));
  const acceptor = createAcceptor(lists.flat());
  return (word) => [...new Set(acceptor(word).map((entry) => owners[entry] ?? -1))];
}

/** Which of the accepting rules name the origin without `*`: credentials can depend on that (semantics.md §3). */
const exactly = (word: string, accepting: readonly number[], rules: readonly CompiledRule[]): string =>
  accepting.filter((at) => namesExactly(rules[at]?.origins ?? NO_ENTRIES, word)).join();

const NO_ENTRIES: Entries = compileOrigins([]);

interface HeaderSets {
  readonly every: HeaderSet;
  readonly of: (rule: CompiledRule) => HeaderSet;
}

function shareHeaderSets(words: readonly string[], rules: readonly CompiledRule[]): HeaderSets {
  const every: HeaderSet = { names: allBits(words.length), witnesses: words };
  const acceptingRules = ruleAcceptor(
    rules.map(({ rule }) => rule.allowedHeaders.map((name) => name.toLowerCase())),
  );
  const names = rules.map(() => emptyBits(words.length));
  words.forEach((word, at) => {
    for (const rule of acceptingRules(word)) addBit(names[rule] ?? emptyBits(0), at);
  });
  const shared = new Map([[every.names.join(), every]]);
  const sets = new Map(
    rules.map((rule, at): [CompiledRule, HeaderSet] => {
      const bits = names[at] ?? emptyBits(words.length);
      const known = shared.get(bits.join()) ?? {
        names: bits,
        witnesses: words.filter((_, position) => hasBit(bits, position)),
      };
      shared.set(bits.join(), known);
      return [rule, known];
    }),
  );
  return { every, of: (rule) => sets.get(rule) ?? every };
}

function modelled(
  compiled: CompiledRules,
  classes: readonly Group[],
  rules: readonly CompiledRule[],
  headerSets: HeaderSets,
): ModelledRules {
  const positions = new Map(rules.map((rule, at) => [rule, at]));
  const located = compiled.rules.map((rule) => ({ rule, at: positions.get(rule) ?? -1 }));
  const byMethod = new Map(
    METHODS.map((method) => [method, located.filter(({ rule }) => rule.methods.has(method))]),
  );
  return {
    compiled,
    listing: (origin, method) => {
      const accepting = classes[origin]?.accepting;
      if (accepting === undefined) return [];
      const listing: CompiledRule[] = [];
      for (const { rule, at } of byMethod.get(method) ?? []) if (hasBit(accepting, at)) listing.push(rule);
      return listing;
    },
    headersOf: headerSets.of,
  };
}

/** Whether one set of names contains another whole. */
export const containsAll = (whole: HeaderSet, part: HeaderSet): boolean =>
  whole === part || includesBits(whole.names, part.names);
