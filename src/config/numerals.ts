/**
 * A regular expression, as text, for the decimal numerals of at most `width` digits whose value is between two bounds.
 * Zeros may stand in front.
 */
export function numeralsBetween(least: number, most: number, width: number): string {
  const choices: string[] = least === 0 ? [`0{1,${width}}`] : [];
  for (let digits = 1; digits <= width; digits += 1) {
    const [from, to] = [Math.max(least, 10 ** (digits - 1)), Math.min(most, 10 ** digits - 1)];
    if (from > to) continue;
    const zeros = digits === width ? '' : `0{0,${width - digits}}`;
    choices.push(zeros + ofSameLength(String(from), String(to)));
  }
  return choices.length === 1 ? String(choices[0]) : `(?:${choices.join('|')})`;
}

/** The numerals from one to another of as many digits. */
function ofSameLength(from: string, to: string): string {
  if (from === '') return '';
  const [first = '', last = ''] = [from[0], to[0]];
  const [fromRest, toRest] = [from.slice(1), to.slice(1)];
  if (first === last) return first + ofSameLength(fromRest, toRest);
  const isFromWhole = /^0*$/.test(fromRest);
  const isToWhole = /^9*$/.test(toRest);
  const [low, high] = [Number(first) + (isFromWhole ? 0 : 1), Number(last) - (isToWhole ? 0 : 1)];
  const choices = [
    ...(isFromWhole ? [] : [first + ofSameLength(fromRest, toRest.replace(/./g, '9'))]),
    ...(low > high ? [] : [`[${low}-${high}]${anyDigits(fromRest.length)}`]),
    ...(isToWhole ? [] : [last + ofSameLength(fromRest.replace(/./g, '0'), toRest)]),
  ];
  return choices.length === 1 ? String(choices[0]) : `(?:${choices.join('|')})`;
}

const anyDigits = (count: number): string => (count === 0 ? '' : `\\d{${count}}`);
