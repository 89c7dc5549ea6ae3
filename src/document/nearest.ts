/** Names further apart than this are taken for different words. */
const MAX_DISTANCE = 3;

const distance = (a: string, b: string): number => {
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
};

/**
 * The known name that a misspelt one most likely means, or none. Letter case doesn't count, and a piece of a name
 * (`MaxAge`) stands for the whole.
 */
export const nearest = (name: string, known: readonly string[]): string | undefined => {
  const meant = name.toLowerCase();
  let best: string | undefined;
  let least = MAX_DISTANCE + 1;
  for (const candidate of known) {
    const right = candidate.toLowerCase();
    const piece = meant.length >= 4 && right.includes(meant);
    // Too different in length to be near; it also keeps a hostile document's names from costing time.
    if (!piece && Math.abs(meant.length - right.length) > MAX_DISTANCE) continue;
    const apart = piece ? 1 : distance(meant, right);
    if (apart < least) {
      best = candidate;
      least = apart;
    }
  }
  return least < Math.max(meant.length, 2) ? best : undefined;
};
