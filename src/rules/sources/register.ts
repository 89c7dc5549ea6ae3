import type { Register, RegisterEntry } from '../register.ts';
import { type Loaded, loadedFrom, type Source, type Written } from '../source.ts';

const REWRITE =
  'Write the rules again, by PUT ?cors with a signature, delete them by DELETE ?cors, or restore that storage.';

/** `before`: the text of the rules in force. */
function loadedOf({ document }: RegisterEntry, before: string | undefined): Loaded {
  if (document === null) return { outcome: 'none' };
  if (document === before) return { outcome: 'unchanged' };
  const loaded = loadedFrom(document, 'strict', REWRITE);
  return loaded.outcome === 'rules' ? { ...loaded, validators: { text: document } } : loaded;
}

/** Rules that clients write through the edge (`--management keep`). `key`: the bucket's key in the register. */
export function registerSource(register: Register, key: string): Source {
  let last: Written | null = null;

  const unknown = (cause: string) => ({ outcome: 'unknown', cause, cure: REWRITE }) as const;

  async function load(_signal: AbortSignal, previous?: { readonly text?: string }): Promise<Loaded> {
    const entry = await register.read(key);
    // A deletion is an entry too: storage that has lost its data does not say that there are no rules (promise 2).
    if (entry === null) {
      last = null;
      return { outcome: 'none', lost: unknown(`${register.name} has lost the rules of ${key}`) };
    }
    const loaded = loadedOf(entry, previous?.text);
    // Rules that cannot be read are not in force, so their writer did not write those that are.
    if (loaded.outcome !== 'unknown') last = { writer: entry.writer, writtenAt: entry.writtenAt };
    return loaded;
  }

  return {
    kind: 'register',
    name: register.name,
    isAuthority: true,
    written: () => last,
    load: (signal, previous) =>
      load(signal, previous).catch((error) =>
        unknown(error instanceof Error ? error.message : String(error)),
      ),
  };
}
