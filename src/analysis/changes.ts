import type { CompiledRule, CompiledRules } from '../cors/compile.ts';
import { decide } from '../cors/decide.ts';
import { ALLOW_CREDENTIALS, ALLOW_METHODS, EXPOSE_HEADERS, MAX_AGE } from '../cors/names.ts';
import { compileHeaders, compileOrigins, type Entries, matchesEntries } from '../cors/pattern.ts';
import type { Method } from '../cors/rule.ts';
import { isWebOrigin } from './alphabet.ts';
import { type Difference, diffRules } from './diff.ts';
import type { OriginClass } from './model.ts';
import { preflightRequest } from './table.ts';

/** What is different for a page. */
export type Changed =
  /** It may send the method at all, or no longer. */
  | { readonly kind: 'method' }
  /** It may send request headers, or no longer; `together`: each alone is decided as before. Patterns have a `*`. */
  | { readonly kind: 'headers'; readonly names: readonly string[]; readonly together: boolean }
  /** Its scripts may read response headers, or no longer. */
  | { readonly kind: 'exposed'; readonly names: readonly string[] }
  /** A header of the answer has another value; null: it is absent; OWN: the page's origin. */
  | {
      readonly kind: 'answer';
      readonly request: Difference['kind'];
      readonly name: string;
      readonly before: string | null;
      readonly after: string | null;
    }
  /** Every answer has `Vary: Origin`, or no longer. */
  | { readonly kind: 'vary'; readonly after: boolean };

/** Stands for the origin of the request among the values of an answer. */
export const OWN = '(its own origin)';

export interface ChangedOrigin {
  readonly origin: string;
  /** The entry of AllowedOrigin that accepts it; a pattern accepts others too. */
  readonly entry: string;
  /** False if no browser sends it. */
  readonly isUsual: boolean;
}

/** One change for several origins and methods. */
export interface Change {
  readonly effect: 'allowed' | 'refused' | 'answered';
  readonly changed: Changed;
  readonly isWider: boolean;
  readonly isNarrower: boolean;
  readonly origins: readonly ChangedOrigin[];
  readonly methods: readonly Method[];
  /** Numbers of the rules that decide; null: no rule applies. */
  readonly before: number | null;
  readonly after: number | null;
}

export interface Changes {
  readonly changes: readonly Change[];
  /** False if the rule sets have too many classes to compare all requests. */
  readonly complete: boolean;
}

/** What the step from one rule set to another changes for pages; empty if both answer all requests alike. */
export function changesOf(before: CompiledRules, after: CompiledRules): Changes {
  const { differences, complete } = diffRules(before, after);
  const atoms = [...Map.groupBy(differences, ({ origin }) => origin).values()].flatMap((ofOrigin) => {
    const found = [...Map.groupBy(ofOrigin, ({ method }) => method).values()].flatMap((ofMethod) =>
      atomsOf(ofMethod, before, after),
    );
    return found.filter((atom) => !followsFrom(atom, found));
  });
  const changes = [...varyChange(before, after), ...joined(atoms, before, after)];
  const rank = ({ effect, changed }: Change) =>
    ORDER.indexOf(effect) * KINDS.length + KINDS.indexOf(changed.kind);
  return { changes: changes.sort((one, other) => rank(one) - rank(other)), complete };
}

const ORDER: readonly Change['effect'][] = ['allowed', 'refused', 'answered'];
const KINDS: readonly Changed['kind'][] = ['method', 'headers', 'exposed', 'answer', 'vary'];

/** A change for one class of origins and one method. */
interface Atom extends Pick<Change, 'effect' | 'changed' | 'isWider' | 'isNarrower' | 'before' | 'after'> {
  readonly origin: OriginClass;
  readonly method: Method;
}

/** The changes for one class of origins and one method. */
function atomsOf(
  differences: readonly Difference[],
  before: CompiledRules,
  after: CompiledRules,
): readonly Atom[] {
  const actual = differences.find(({ kind }) => kind === 'actual');
  // Without a rule that lists origin and method, every preflight is refused too.
  if (actual !== undefined && (actual.before.rule === null || actual.after.rule === null))
    return [grant(actual, actual.before.rule === null, { kind: 'method' })];
  const read = actual === undefined ? [] : answerAtoms(actual, ONLY_PREFLIGHT);
  const said = new Set(read.map(deltaOf));
  const asked = differences
    .filter(({ kind }) => kind === 'preflight')
    .flatMap((difference) =>
      difference.before.rule === null || difference.after.rule === null
        ? headerAtoms(difference, before, after)
        : answerAtoms(difference, NONE).filter((atom) => !said.has(deltaOf(atom))),
    );
  return [...read, ...asked];
}

const NONE: ReadonlySet<string> = new Set();
/** Browsers read these in answers to preflights, which the same two rules decide. */
const ONLY_PREFLIGHT: ReadonlySet<string> = new Set([MAX_AGE, ALLOW_METHODS]);

const grant = (difference: Difference, isGain: boolean, changed: Changed): Atom => ({
  effect: isGain ? 'allowed' : 'refused',
  changed,
  isWider: isGain,
  isNarrower: !isGain,
  ...placed(difference),
});

const placed = ({ origin, method, before, after }: Difference) => ({
  origin,
  method,
  before: before.rule,
  after: after.rule,
});

/** The request headers of a preflight that only one of the rule sets allows. */
function headerAtoms(difference: Difference, before: CompiledRules, after: CompiledRules): readonly Atom[] {
  const isGain = difference.before.rule === null;
  const [allowing, refusing] = isGain ? [after, before] : [before, after];
  const rule = ruleOf(allowing, isGain ? difference.after.rule : difference.before.rule);
  const deciding = (rules: CompiledRules, name: string) =>
    decide(rules, preflightRequest(difference.origin.witness, difference.method, [name])).rule;
  const alone = difference.headers.filter(
    (name) => deciding(allowing, name) === rule && deciding(refusing, name) === null,
  );
  const together = alone.length === 0;
  const entries = (together ? difference.headers : alone).map((name) => entryOf(rule, name));
  return [grant(difference, isGain, { kind: 'headers', names: [...new Set(entries)], together })];
}

/** The changes between two answers that both allow the request. */
function answerAtoms(difference: Difference, left: ReadonlySet<string>): readonly Atom[] {
  const [was, is] = [valuesOf(difference, 'before'), valuesOf(difference, 'after')];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
    const [before = null, after = null] = [was.get(name), is.get(name)];
    if (before === after || left.has(name)) return [];
    const [gained, lost] = [newItems(before, after), newItems(after, before)];
    if (isExposed(name) && difference.kind === 'actual' && gained.length + lost.length > 0)
      return [
        ...(gained.length > 0 ? [grant(difference, true, { kind: 'exposed', names: gained })] : []),
        ...(lost.length > 0 ? [grant(difference, false, { kind: 'exposed', names: lost })] : []),
      ];
    // The others grant nothing more to a page whose request is allowed, nor does Expose-Headers in an answer to a preflight.
    const grants = name === ALLOW_CREDENTIALS;
    const atom: Atom = {
      effect: 'answered',
      changed: { kind: 'answer', request: difference.kind, name, before, after },
      isWider: grants && gained.length > 0,
      isNarrower: grants && lost.length > 0,
      ...placed(difference),
    };
    return [atom];
  });
}

const isExposed = (name: string): boolean => name === EXPOSE_HEADERS;

function valuesOf({ request, ...outcomes }: Difference, which: 'before' | 'after'): Map<string, string> {
  const { headers } = outcomes[which];
  const values = new Map<string, string>();
  for (let at = 0; at < headers.length; at += 2) {
    const value = headers[at + 1] ?? '';
    values.set(headers[at] ?? '', value === request.origin ? OWN : value);
  }
  return values;
}

const itemsOf = (value: string | null): readonly string[] => (value === null ? [] : value.split(', '));

/** The items of a list that another list lacks, in any case. */
function newItems(from: string | null, to: string | null): readonly string[] {
  const known = new Set(itemsOf(from).map((item) => item.toLowerCase()));
  return itemsOf(to).filter((item) => !known.has(item.toLowerCase()));
}

/** What an answer says otherwise, whichever request it answers. */
function deltaOf({ changed }: Atom): string {
  if (changed.kind === 'exposed') return EXPOSE_HEADERS;
  if (changed.kind !== 'answer') return '';
  return isExposed(changed.name)
    ? EXPOSE_HEADERS
    : JSON.stringify([changed.name, changed.before, changed.after]);
}

/** Whether Allow-Methods differs only by methods that the origin gains or loses anyway. */
function followsFrom({ changed }: Atom, atoms: readonly Atom[]): boolean {
  if (changed.kind !== 'answer' || changed.name !== ALLOW_METHODS) return false;
  const has = (effect: Change['effect'], method: string) =>
    atoms.some((atom) => atom.changed.kind === 'method' && atom.effect === effect && atom.method === method);
  const [gained, lost] = [newItems(changed.before, changed.after), newItems(changed.after, changed.before)];
  return (
    gained.length + lost.length > 0 &&
    gained.every((method) => has('allowed', method)) &&
    lost.every((method) => has('refused', method))
  );
}

/** One change for all methods, and then for all origins, that have it in common. */
function joined(atoms: readonly Atom[], before: CompiledRules, after: CompiledRules): readonly Change[] {
  const kinds = Map.groupBy(atoms, ({ origin: _, method: __, ...common }) => JSON.stringify(common));
  return [...kinds.values()].flatMap((alike) => {
    const methods = Map.groupBy(alike, ({ origin }) => origin);
    const origins = Map.groupBy([...methods], ([, ofOrigin]) => ofOrigin.map(({ method }) => method).join());
    return [...origins.values()].flatMap((classes) => {
      const [first] = classes[0]?.[1] ?? [];
      if (first === undefined) return [];
      const { origin: _, method: __, ...common } = first;
      const rule = ruleOf(after, common.after) ?? ruleOf(before, common.before);
      return {
        ...common,
        methods: (classes[0]?.[1] ?? []).map(({ method }) => method),
        origins: classes.flatMap(([origin]) => originsOf(origin, rule)),
      };
    });
  });
}

const originsOf = ({ origins }: OriginClass, rule: CompiledRule | undefined): readonly ChangedOrigin[] =>
  origins.map((origin) => ({
    origin,
    entry: accepting(rule?.rule.allowedOrigins ?? [], origin, compileOrigins) ?? origin,
    isUsual: isWebOrigin(origin),
  }));

const entryOf = (rule: CompiledRule | undefined, name: string): string =>
  accepting(rule?.rule.allowedHeaders ?? [], name, compileHeaders) ?? name;

/** The entry that names a word, else the first that accepts it. */
function accepting(
  entries: readonly string[],
  word: string,
  compile: (entries: readonly string[]) => Entries,
): string | undefined {
  const found = entries.filter((entry) => matchesEntries(compile([entry]), word));
  return found.find((entry) => !entry.includes('*')) ?? found[0];
}

const ruleOf = ({ rules }: CompiledRules, number: number | null): CompiledRule | undefined =>
  rules.find((rule) => rule.number === number);

function varyChange(before: CompiledRules, after: CompiledRules): readonly Change[] {
  if (before.responseVary === after.responseVary) return [];
  const changed = { kind: 'vary', after: after.responseVary } as const;
  const nothing = { isWider: false, isNarrower: false, origins: [], methods: [], before: null, after: null };
  return [{ effect: 'answered', changed, ...nothing }];
}
