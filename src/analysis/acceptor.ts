/** Lists the entries that accept a word, by their positions in ascending order. */
export type Acceptor = (word: string) => readonly number[];

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
  return (word) => {
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
}

const lengthsOf = (words: Iterable<string>): number[] => [...new Set([...words].map(({ length }) => length))];

function append(lists: Map<string, number[]>, key: string, position: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [position]);
  else list.push(position);
}
