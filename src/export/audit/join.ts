import { isWebOrigin } from '../../analysis/alphabet.ts';
import { originEntry } from '../../analysis/entries.ts';
import type { OriginClass } from '../../analysis/model.ts';
import type { CompiledRule } from '../../cors/compile.ts';
import type { Audited, AuditFinding, Direction } from './finding.ts';

/** A difference for one class of origins and one method. */
export interface Atom {
  readonly direction: Direction;
  readonly audited: Audited;
  readonly origin: OriginClass;
  readonly method: string;
}

/** One finding for all methods, and then for all origins, that have a difference in common. */
export function joined(atoms: readonly Atom[], rules: readonly CompiledRule[]): readonly AuditFinding[] {
  const kinds = Map.groupBy(atoms, ({ direction, audited }) => JSON.stringify([direction, audited]));
  return [...kinds.values()].flatMap((alike) => {
    const byOrigin = Map.groupBy(alike, ({ origin }) => origin);
    const groups = Map.groupBy([...byOrigin], ([, found]) => found.map(({ method }) => method).join());
    return [...groups.values()].flatMap((classes) => {
      const [first, ...more] = classes[0]?.[1] ?? [];
      if (first === undefined) return [];
      return {
        direction: first.direction,
        audited: first.audited,
        methods: [first, ...more].map(({ method }) => method),
        origins: classes.flatMap(([{ origins }]) =>
          origins.map((origin) => ({
            origin,
            entry: originEntry(rules, origin),
            isUsual: isWebOrigin(origin),
          })),
        ),
      };
    });
  });
}
