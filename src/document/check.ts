import { isMethod, METHODS, type Method, type Rule, type RuleSet } from '../cors/rule.ts';
import type { Document, Fault, Reading } from './fault.ts';
import { nearest } from './nearest.ts';
import { type Given, type Problem, type Raw, type RawRule, type Stranger, shown } from './raw.ts';
import { idProblem, LIST_CHECKS, maxAgeProblem, responseVaryProblem, trimmed } from './value.ts';
import type { Field, ListField } from './words.ts';

/** S3's limit; OSS takes fewer. More than this is a fault, or a warning where a store serves them. */
const MAX_RULES = 100;
/** Whoever serves more than this is not a store. */
const MAX_STORE_RULES = 1000;
/** A longer list of faults ends in an entry that counts the rest. */
const MAX_TOLD = 500;

const capped = (faults: readonly Fault[], place: string): readonly Fault[] => {
  if (faults.length <= MAX_TOLD) return faults;
  const rest = `${faults.length - MAX_TOLD} more like these`;
  return [...faults.slice(0, MAX_TOLD), { place, reason: rest, write: 'mend these first' }];
};

const toldOf = (given: Given, problem: Problem): Fault => ({
  place: given.place,
  value: shown(trimmed(given.value)),
  ...problem,
});

/** The values that can stand; the others are told to `tell`. */
const standing = (
  given: readonly Given[],
  test: (value: string) => Problem | undefined,
  tell: (fault: Fault) => void,
): readonly string[] =>
  given.flatMap((one) => {
    const value = trimmed(one.value);
    const problem = one.problem ?? test(value);
    if (problem === undefined) return [value];
    tell(toldOf(one, problem));
    return [];
  });

const tellRepeats = (given: readonly Given[], tell: (fault: Fault) => void): void => {
  for (const again of given.slice(1)) tell(toldOf(again, { reason: 'given twice', write: 'it once' }));
};

/**
 * Judges a document taken apart: the one place that knows what a rule may hold, for every form. A strict reading
 * refuses on any fault; a store reading leaves out what can't stand and says so. What is left out never lets
 * through what the store refuses:
 *
 * - an origin, method or header name left out only takes away from what its rule allows. Nothing is cut to fit: an
 *   entry with two `*` is dropped, not shortened. A request that no longer meets the rule goes on to later rules,
 *   as any request does (semantics.md §2), and gets there what those allow;
 * - a rule left without origins or methods could meet no request, so that dropping it changes no decision;
 * - an ExposeHeader left out hides a header; `*` there would show all of them, also where one list serves for
 *   allowed and exposed headers;
 * - without MaxAgeSeconds a browser keeps a preflight for 5 seconds; where several are given the least is taken;
 * - a ResponseVary that isn't `false` is taken for `true`: a needless Vary costs cache hits, a missing one hands
 *   one origin's answer to another;
 * - `*` among the methods is the only value that is expanded: the store means the five by it. Where that is the
 *   form's own word, a strict reading takes it too.
 */
export const check = (raw: Raw, reading: Reading): Document => {
  const { words } = raw;
  const told: Fault[] = [...raw.faults];
  const asides: Fault[] = [];
  const tell = (fault: Fault): void => void told.push(fault);

  const tellStrangers = (strangers: readonly Stranger[], known: readonly string[]): void => {
    for (const { place, name } of strangers) {
      const near = nearest(name, known);
      const fault = {
        place,
        value: shown(name),
        reason: `unknown ${words.unit}, ignored`,
        write: near ?? `leave it out; known here: ${known.join(', ')}`,
      };
      if (words.unit === 'key' && reading === 'strict') tell({ ...fault, reason: `unknown ${words.unit}` });
      else asides.push(fault);
    }
  };

  const says = (given: Given, value: string): boolean =>
    given.problem === undefined && trimmed(given.value) === value;

  const effectiveMethods = (given: readonly Given[]): readonly Given[] =>
    given.filter((one) => {
      const idle = words.wideMethods === true && says(one, 'OPTIONS');
      if (idle) {
        const reason = 'has no effect and is left out: preflights are answered by themselves';
        asides.push(toldOf(one, { reason, write: 'the other methods alone' }));
      }
      return !idle;
    });

  const methodsOf = (given: readonly Given[]): readonly Method[] => {
    const methods: Method[] = [];
    for (const one of given) {
      if ((reading === 'store' || words.wideMethods) && says(one, '*')) {
        methods.push(...METHODS.filter((method) => !methods.includes(method)));
        const taken = { reason: 'taken for all five methods', write: METHODS.join(', ') };
        if (!words.wideMethods) tell(toldOf(one, taken));
      } else {
        methods.push(...standing([one], LIST_CHECKS.allowedMethods, tell).filter(isMethod));
      }
    }
    return methods;
  };

  /** A form with one list for both means by it what a browser may send and what it may show; `*` shows nothing. */
  const exposedAmong = (given: readonly Given[], allowed: readonly string[]): readonly string[] => {
    for (const one of given) {
      const value = trimmed(one.value);
      if (!value.includes('*') || !allowed.includes(value)) continue;
      asides.push(
        toldOf(one, {
          reason: 'allows request headers, but exposes no response header: those go by their full names',
          write: 'beside it each response header that scripts shall read, such as ETag',
        }),
      );
    }
    return allowed.filter((value) => !value.includes('*'));
  };

  const missing = (rule: RawRule, field: 'allowedOrigins' | 'allowedMethods', example: string): void => {
    const name = words.fields[field];
    const meant = rule.strangers.find(
      (stranger) => nearest(stranger.name, Object.values(words.fields)) === name,
    );
    tell({
      place: `${rule.place}/${name}`,
      reason: `missing${meant === undefined ? '' : `; ${shown(meant.name)} is not a known ${words.unit}`}`,
      write: `at least one ${name}, such as ${example}`,
    });
  };

  const ruleOf = (rule: RawRule): Rule | undefined => {
    const list = (field: ListField) => standing(rule.given[field], LIST_CHECKS[field], tell);
    const allowedOrigins = list('allowedOrigins');
    if (rule.given.allowedOrigins.length === 0) missing(rule, 'allowedOrigins', 'https://www.example.com');
    const givenMethods = effectiveMethods(rule.given.allowedMethods);
    const allowedMethods = methodsOf(givenMethods);
    if (givenMethods.length === 0) missing(rule, 'allowedMethods', 'GET');
    const allowedHeaders = list('allowedHeaders');
    const exposeHeaders =
      words.fields.exposeHeaders === undefined
        ? exposedAmong(rule.given.allowedHeaders, allowedHeaders)
        : list('exposeHeaders');
    const single = (field: Field, test: (value: string) => Problem | undefined): readonly string[] => {
      tellRepeats(rule.given[field], tell);
      return standing(rule.given[field], test, tell);
    };
    const ages = single('maxAgeSeconds', maxAgeProblem).map(Number);
    const [id] = single('id', idProblem);
    tellStrangers(rule.strangers, Object.values(words.fields));
    if (allowedOrigins.length === 0 || allowedMethods.length === 0) {
      const lacking = allowedOrigins.length === 0 ? 'allowedOrigins' : 'allowedMethods';
      if (reading === 'store') {
        tell({
          place: rule.place,
          reason: `no ${words.fields[lacking]} is left: the rule is dropped, as it matches no request`,
          write: `at least one ${words.fields[lacking]}`,
        });
      }
      return undefined;
    }
    return {
      ...(id === undefined ? {} : { id }),
      allowedOrigins,
      allowedMethods,
      allowedHeaders,
      exposeHeaders,
      ...(ages.length === 0 ? {} : { maxAgeSeconds: Math.min(...ages) }),
    };
  };

  const place = words.rule === '' ? words.root : words.rule;
  const count = raw.rules.length;
  const tooMany = { place, value: String(count), reason: 'too many rules', write: `at most ${MAX_RULES}` };
  if (count > MAX_STORE_RULES) return { ok: false, faults: [tooMany] };
  if (count > MAX_RULES) tell(tooMany);
  if (reading === 'strict' && !words.mayBeEmpty && count === 0 && raw.faults.length === 0) {
    tell({ place, reason: 'no rule', write: 'at least one rule with an origin and a method' });
  }
  const rules = raw.rules.flatMap((rule) => ruleOf(rule) ?? []);
  tellRepeats(raw.responseVary, tell);
  const varies = standing(raw.responseVary, responseVaryProblem, tell);
  const responseVary =
    varies.length < raw.responseVary.length || varies.some((value) => /^true$/i.test(value));
  tellStrangers(raw.strangers, [place, ...(words.responseVary === undefined ? [] : [words.responseVary])]);

  if (raw.fatal.length > 0 || (reading === 'strict' && told.length > 0)) {
    return { ok: false, faults: capped([...raw.fatal, ...told], words.root) };
  }
  const ruleSet: RuleSet = { rules, responseVary };
  return { ok: true, ruleSet, warnings: capped([...told, ...asides], words.root) };
};
