import type { CompiledRule, CompiledRules } from '../cors/compile.ts';
import { ALLOW_METHODS } from '../cors/names.ts';
import { isWebOrigin } from './alphabet.ts';
import { type Atom, atomsOf, newItems } from './atoms.ts';
import type { Change, Changed, ChangedOrigin, Changes } from './change.ts';
import { diffRules } from './diff.ts';
import { originEntry, ruleOf } from './entries.ts';
import type { OriginClass } from './model.ts';

/** What the step from one rule set to another changes for pages; empty if both answer all requests alike. */
export function changesOf(before: CompiledRules, after: CompiledRules): Changes {
  const { differences, complete } = diffRules(before, after);
  const atoms = [...Map.groupBy(differences, ({ origin }) => origin).values()].flatMap((ofOrigin) => {
    const found = [...Map.groupBy(ofOrigin, ({ method }) => method).values()].flatMap((ofMethod) =>
      atomsOf(ofMethod, before, after),
    );
    const methods = new Set(found.filter(({ changed }) => changed.kind === 'method').map(effectOf));
    return found.filter((atom) => !followsFrom(atom, methods));
  });
  const changes = [...varyChange(before, after), ...joined(atoms, before, after)];
  const rank = ({ effect, changed }: Change) =>
    ORDER.indexOf(effect) * KINDS.length + KINDS.indexOf(changed.kind);
  return { changes: changes.sort((one, other) => rank(one) - rank(other)), complete };
}

const ORDER: readonly Change['effect'][] = ['allowed', 'refused', 'answered'];
const KINDS: readonly Changed['kind'][] = ['method', 'headers', 'exposed', 'answer', 'vary'];

const effectOf = ({ effect, method }: Atom): string => `${effect} ${method}`;

/** Whether Allow-Methods differs only by methods that the origin gains or loses anyway. */
function followsFrom({ changed }: Atom, effects: ReadonlySet<string>): boolean {
  if (changed.kind !== 'answer' || changed.name !== ALLOW_METHODS) return false;
  const [gained, lost] = [newItems(changed.before, changed.after), newItems(changed.after, changed.before)];
  return (
    gained.length + lost.length > 0 &&
    gained.every((method) => effects.has(`allowed ${method}`)) &&
    lost.every((method) => effects.has(`refused ${method}`))
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
      const rules = [ruleOf(after, common.after), ruleOf(before, common.before)];
      return {
        ...common,
        methods: (classes[0]?.[1] ?? []).map(({ method }) => method),
        origins: classes.flatMap(([origin]) => originsOf(origin, rules)),
      };
    });
  });
}

const originsOf = (
  { origins }: OriginClass,
  rules: readonly (CompiledRule | undefined)[],
): readonly ChangedOrigin[] =>
  origins.map((origin) => ({ origin, entry: originEntry(rules, origin), isUsual: isWebOrigin(origin) }));

function varyChange(before: CompiledRules, after: CompiledRules): readonly Change[] {
  if (before.responseVary === after.responseVary) return [];
  const changed = { kind: 'vary', after: after.responseVary } as const;
  const nothing = { isWider: false, isNarrower: false, origins: [], methods: [], before: null, after: null };
  return [{ effect: 'answered', changed, ...nothing }];
}
