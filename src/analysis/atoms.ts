import type { CompiledRules } from '../cors/compile.ts';
import { decide } from '../cors/decide.ts';
import { ALLOW_CREDENTIALS, ALLOW_METHODS, EXPOSE_HEADERS, MAX_AGE } from '../cors/names.ts';
import type { Method } from '../cors/rule.ts';
import { type Change, type Changed, OWN } from './change.ts';
import type { Difference } from './diff.ts';
import { headerEntry, ruleOf } from './entries.ts';
import type { OriginClass } from './model.ts';
import { preflightRequest } from './table.ts';

/** A change for one class of origins and one method. */
export interface Atom
  extends Pick<Change, 'effect' | 'changed' | 'isWider' | 'isNarrower' | 'before' | 'after'> {
  readonly origin: OriginClass;
  readonly method: Method;
}

/** The changes for one class of origins and one method. */
export function atomsOf(
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
  const entries = (together ? difference.headers : alone).map((name) => headerEntry(rule, name));
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
export function newItems(from: string | null, to: string | null): readonly string[] {
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
