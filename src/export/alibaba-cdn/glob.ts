/** Whether a pattern with `*` for any characters and `?` for one is the whole of a text. Takes one pass for each `*`. */
export function isGlob(pattern: string, text: string, ignoresCase = false): boolean {
  if (ignoresCase) return isGlob(pattern.toLowerCase(), text.toLowerCase());
  let [at, from] = [0, 0];
  /** Behind the last `*`, and the first character of the text that it does not stand for. */
  let [star, rest] = [-1, 0];
  while (from < text.length) {
    const wanted = pattern[at];
    if (wanted === '*') {
      at += 1;
      [star, rest] = [at, from];
    } else if (wanted === '?' || wanted === text[from]) {
      at += 1;
      from += 1;
    } else if (star === -1) return false;
    else {
      rest += 1;
      [at, from] = [star, rest];
    }
  }
  return /^\**$/.test(pattern.slice(at));
}
