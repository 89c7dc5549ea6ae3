import { ownText } from './own-text.ts';

/** Most names that are remembered: clients and buckets choose them. */
const NAMES_MOST = 1_024;
/** Characters of the longest one. */
const LENGTH_MOST = 64;

/**
 * Remembers what a test says of a header's name, so that most lines cost one look-up, without a text in lower case.
 * `test` gets the name as it was written.
 */
export function byName<T>(test: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const said = test(name);
    if (name.length <= LENGTH_MOST) {
      // A flood of names costs the usual ones a test each time the list is full.
      if (known.size >= NAMES_MOST) known.clear();
      known.set(ownText(name), said);
    }
    return said;
  };
}
