import { parseArgs } from 'node:util';
import { KINDS, type Kind } from './contestants.ts';

/** What a run of `bench/proxy.ts` measures. */
export interface Choice {
  /** The servers' ids; null for all. */
  readonly ids: readonly string[] | null;
  readonly kinds: readonly Kind[];
  readonly memory: boolean;
  /** Other checkouts whose edges are measured too. */
  readonly beside: readonly string[];
}

const MEMORY = 'memory';

/** Reads `--only IDS`, `--kinds KINDS` and `--beside FOLDER`. Throws at an unknown kind. */
export function choiceOf(args: readonly string[]): Choice {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      kinds: { type: 'string' },
      beside: { type: 'string', multiple: true, default: [] },
    },
  });
  const ids = listOf(values.only);
  const chosen = listOf(values.kinds) ?? (ids === null ? [...KINDS, MEMORY] : KINDS);
  const known: readonly string[] = [...KINDS, MEMORY];
  const unknown = chosen.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`--kinds "${unknown}": the kinds are ${known.join(', ')}`);
  return {
    ids,
    kinds: KINDS.filter((kind) => chosen.includes(kind)),
    memory: chosen.includes(MEMORY),
    beside: values.beside,
  };
}

const listOf = (value: string | undefined): readonly string[] | null =>
  value === undefined ? null : value.split(',').map((name) => name.trim());
