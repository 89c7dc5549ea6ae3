/** Names with a larger edit distance count as different words. */
const MAX_DISTANCE = 3;

/**
 * The known name closest to a misspelt one, or undefined. Letter case does not count, and a part of a name
 * (`MaxAge`) stands for the whole.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const meant = name.toLowerCase();
  let best: string | undefined;
  let least = MAX_DISTANCE + 1;
  for (const candidate of known) {
    const right = candidate.toLowerCase();
    const part = meant.length >= 4 && right.includes(meant);
    // Such lengths are too far apart. The check also bounds the time that a hostile document's names cost.
    if (!part && Math.abs(meant.length - right.length) > MAX_DISTANCE) continue;
    const apart = part ? 1 : editDistance(meant, right);
    if (apart < least) {
      best = candidate;
      least = apart;
    }
  }
  return least < Math.max(meant.length, 2) ? best : undefined;
}

/** Whether one letter more, less or other makes a known name of this one. Letter case does not count. */
export const isSlip = (name: string, known: readonly string[]): boolean =>
  known.some(
    (right) =>
      Math.abs(name.length - right.length) <= 1 && editDistance(name.toLowerCase(), right.toLowerCase()) <= 1,
  );

/** The Levenshtein distance of two names. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
