/** Lists the entries that accept a word, by their positions in ascending order. */
export interface Acceptor {
  (word: string): readonly number[];
  /** The most letters that are compared for one word. */
  readonly cost: number;
}

/**
 * Prepares many entries for many words. A word costs a look-up for each length of a prefix that fits it and each length of a
 * suffix beside that prefix, in place of a comparison with every entry (`matchesEntries` says what an entry accepts).
 */
export function createAcceptor(entries: readonly string[]): Acceptor {
  const exact = new Map<string, number[]>();
  const starred = new Map<string, Map<string, number[]>>();
  entries.forEach((entry, position) => {
    const star = entry.indexOf('*');
    if (star === -1) {
      append(exact, entry, position);
      return;
    }
    const prefix = entry.slice(0, star);
    const suffixes = starred.get(prefix) ?? new Map<string, number[]>();
    append(suffixes, entry.slice(star + 1), position);
    starred.set(prefix, suffixes);
  });
  const prefixLengths = lengthsOf(starred.keys());
  const suffixLengths = new Map(
    [...starred].map(([prefix, suffixes]) => [prefix, lengthsOf(suffixes.keys())]),
  );
  const listing = (word: string): readonly number[] => {
    const accepting = [...(exact.get(word) ?? [])];
    for (const length of prefixLengths) {
      if (length > word.length) continue;
      const prefix = word.slice(0, length);
      const suffixes = starred.get(prefix);
      if (suffixes === undefined) continue;
      for (const end of suffixLengths.get(prefix) ?? []) {
        if (length + end > word.length) continue;
        const positions = suffixes.get(word.slice(word.length - end));
        if (positions !== undefined) accepting.push(...positions);
      }
    }
    return accepting.sort((one, other) => one - other);
  };
  return Object.assign(listing, { cost: costOf(prefixLengths, suffixLengths) });
}

/** A word has at most one prefix of each length. */
function costOf(
  prefixLengths: readonly number[],
  suffixLengths: ReadonlyMap<string, readonly number[]>,
): number {
  const most = new Map<number, number>();
  for (const [prefix, lengths] of suffixLengths)
    most.set(prefix.length, Math.max(most.get(prefix.length) ?? 0, sum(lengths)));
  return sum(prefixLengths) + sum([...most.values()]);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const lengthsOf = (words: Iterable<string>): number[] => [...new Set([...words].map(({ length }) => length))];

function append(lists: Map<string, number[]>, key: string, position: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [position]);
  else list.push(position);
}
