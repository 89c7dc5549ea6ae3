import type { RegisterEntry } from '../../src/rules/register.ts';
import type { Source } from '../../src/rules/source.ts';
import { registerSource } from '../../src/rules/sources/register.ts';

/** A register of one bucket in memory, which counts how often clients read and write it. */
export interface MemoryRegister {
  /** The last entry. */
  entry: RegisterEntry | null;
  reads: number;
  writes: number;
  /** Replaces the work of the next reads and writes: they fail, or do not end. */
  fault: (() => Promise<never>) | null;
  read(): Promise<RegisterEntry | null>;
  write(entry: RegisterEntry): Promise<void>;
  /** Where the edge loads its rules from. */
  readonly source: Source;
}

export function memoryRegister(): MemoryRegister {
  const register: MemoryRegister = {
    entry: null,
    reads: 0,
    writes: 0,
    fault: null,
    read: async () => {
      register.reads += 1;
      if (register.fault !== null) return register.fault();
      return register.entry;
    },
    write: async (entry) => {
      register.writes += 1;
      if (register.fault !== null) return register.fault();
      register.entry = entry;
    },
    source: registerSource(
      { name: 'memory', read: async () => register.entry, write: async () => {} },
      'bucket',
    ),
  };
  return register;
}
