import { createAcceptor } from './acceptor.ts';
import type { Alphabet } from './alphabet.ts';

/** One word of each class of words. Two words are of one class if the same entries accept them. */
export interface Witnesses {
  readonly words: readonly string[];
  /** False if the entries have more classes than the limit: some have no word here. */
  readonly complete: boolean;
}

/** Most words; 1,000 entries as people write them need 2,000. */
const MAX_WORDS = 10_000;
/** Most comparisons of two entries, and of a word with the letters of all entries. */
const MAX_COMPARISONS = 4_000_000;
const MAX_LETTERS = 100_000_000;

interface Starred {
  readonly prefix: string;
  readonly suffix: string;
}

/**
 * Finds a word for every class of words that `entries` distinguish. An entry without `*` accepts itself; an entry with
 * one accepts the words that begin with its prefix, end with its suffix, and are long enough for both.
 *
 * - Each entry without `*` is a class.
 * - In a word that is long enough, the longest prefix and the longest suffix decide which entries accept it. Only those pairs
 *   count that no shorter prefix or suffix can stand for: an entry with that prefix and an entry with that suffix accept.
 * - A word can be too short for an entry only where prefix and suffix overlap in it: the entry alone gives the word.
 */
export function witnessesOf(entries: readonly string[], alphabet: Alphabet): Witnesses {
  const exact = new Set(entries.filter((entry) => !entry.includes('*')));
  const starred = starredOf(entries);
  const acceptor = createAcceptor(entries.filter((entry) => entry.includes('*')));
  const letters = starred.reduce((sum, { prefix, suffix }) => sum + prefix.length + suffix.length, 0);
  const most = Math.min(MAX_WORDS, Math.ceil(MAX_LETTERS / (letters + 1)));
  const words = new Set<string>();
  for (const word of fixedWords(exact, starred)) {
    if (alphabet.isWord(word)) words.add(word);
    if (words.size > most) return { words: [...words], complete: false };
  }
  const { pairs, complete } = pairsOf(starred, most - words.size);
  const context = {
    exact,
    accepting: (word: string) => acceptor(word).length,
    unused: unusedLetter(entries),
    alphabet,
  };
  for (const pair of [{ prefix: '', suffix: '' }, ...pairs]) {
    const word = wordBetween(pair, context);
    if (word !== null) words.add(word);
  }
  return { words: [...words], complete };
}

function* fixedWords(exact: ReadonlySet<string>, starred: readonly Starred[]): Generator<string> {
  yield* exact;
  for (const entry of starred) yield* overlaps(entry);
}

function starredOf(entries: readonly string[]): Starred[] {
  const starred = new Set(entries.filter((entry) => entry.includes('*')));
  return [...starred].map((entry) => {
    const at = entry.indexOf('*');
    return { prefix: entry.slice(0, at), suffix: entry.slice(at + 1) };
  });
}

/** The words in which the prefix and the suffix of an entry overlap: `aba` for `ab*ba`. */
function* overlaps({ prefix, suffix }: Starred): Generator<string> {
  for (let shared = 1; shared <= Math.min(prefix.length, suffix.length); shared++) {
    if (suffix.startsWith(prefix.slice(-shared))) yield prefix + suffix.slice(shared);
  }
}

/** The pairs of a prefix and a suffix that have a class of their own. */
function pairsOf(
  starred: readonly Starred[],
  most: number,
): { pairs: readonly Starred[]; complete: boolean } {
  const bySuffix = Map.groupBy(starred, ({ suffix }) => suffix);
  const lengths = [...new Set([...bySuffix.keys()].map((suffix) => suffix.length))];
  const pairs = new Map<string, Starred>();
  let comparisons = 0;
  for (const { prefix, suffix } of starred) {
    for (const length of lengths) {
      if (length > suffix.length) continue;
      for (const other of bySuffix.get(suffix.slice(suffix.length - length)) ?? []) {
        comparisons += 1;
        if (other.prefix.startsWith(prefix))
          pairs.set(`${other.prefix}*${suffix}`, { prefix: other.prefix, suffix });
      }
      if (comparisons > MAX_COMPARISONS || pairs.size > most)
        return { pairs: [...pairs.values()].slice(0, most), complete: false };
    }
  }
  return { pairs: [...pairs.values()], complete: true };
}

interface Context {
  readonly exact: ReadonlySet<string>;
  /** How many entries with `*` accept a word. */
  readonly accepting: (word: string) => number;
  /** A letter that no entry contains. */
  readonly unused: string;
  readonly alphabet: Alphabet;
}

/** A word whose longest prefix and suffix of the entries are those of the pair; null when no request can carry one. */
function wordBetween(
  { prefix, suffix }: Starred,
  { exact, accepting, unused, alphabet }: Context,
): string | null {
  const plain = `${prefix}${unused}${suffix}`;
  if (!alphabet.isWord(plain)) return null;
  const wanted = accepting(plain);
  // Every entry that accepts the plain word accepts these too: the same number means the same entries.
  const isOfClass = (word: string) => alphabet.isWord(word) && !exact.has(word) && accepting(word) === wanted;
  const words = alphabet
    .beginnings(prefix)
    .flatMap((beginning) => alphabet.middles(suffix).map((middle) => `${beginning}${middle}${suffix}`));
  return (
    words.find((word) => alphabet.isUsual(word) && isOfClass(word)) ??
    words.slice(0, 2).find(isOfClass) ??
    plain
  );
}

function unusedLetter(entries: readonly string[]): string {
  const used = new Set(entries.join(''));
  const letter = [...'xyzabcdefghijklmnopqrstuvw0123456789'].find((one) => !used.has(one));
  if (letter !== undefined) return letter;
  let code = FIRST_IDEOGRAPH;
  while (used.has(String.fromCharCode(code))) code += 1;
  return String.fromCharCode(code);
}

/** CJK ideographs: 20,000 letters without a lower case. */
const FIRST_IDEOGRAPH = 0x4e00;
