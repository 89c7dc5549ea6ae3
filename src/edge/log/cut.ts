/** Most characters of a value in a log line: clients and buckets choose many of them. */
export const VALUE_MOST = 512;

/** Returns a text, or the beginning of a long text with its length. */
export const cut = (text: string, most = VALUE_MOST): string =>
  text.length > most ? `${text.slice(0, most)}… (${text.length} characters)` : text;

/** Shortens the long texts in the fields of a log line. Both platform adapters apply it to all lines. */
export function cutValues(fields: object): Record<string, unknown> {
  const values = fields as Record<string, unknown>;
  for (const name in values) if (isLong(values[name])) return cutEach(values, VALUE_MOST);
  return values;
}

const isLong = (value: unknown): boolean =>
  typeof value === 'string'
    ? value.length > VALUE_MOST
    : typeof value === 'object' && value !== null && Object.values(value).some(isLong);

const cutEach = (values: object, most: number): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, cutValue(value, most)]));

function cutValue(value: unknown, most: number): unknown {
  if (typeof value === 'string') return cut(value, most);
  if (Array.isArray(value)) return value.map((item) => cutValue(item, most));
  return typeof value === 'object' && value !== null ? cutEach(value, most) : value;
}

/** Most bytes of the fields of a request's line. The line is then shorter than the 4096 bytes that a pipe takes whole. */
const FIELDS_MOST = 3_900;
/** Bytes of the names and numbers of a line. */
const NAMES_MOST = 600;
/** JSON writes a character in six bytes at most (`\u001b`), so fewer characters fit without a try. */
const SURELY_FIT = (FIELDS_MOST - NAMES_MOST) / 6;
/** To this length every text fits. */
const VALUE_LEAST = 32;

const encoder = new TextEncoder();

const fits = (fields: object): boolean => encoder.encode(JSON.stringify(fields)).length <= FIELDS_MOST;

/** Shortens the texts of a request's line, which `cutValues` gets next, if they are too long together. */
export function fitTogether(fields: object): object {
  if (charactersIn(fields) <= SURELY_FIT) return fields;
  if (fits(cutEach(fields, VALUE_MOST))) return fields;
  let most = VALUE_MOST / 2;
  while (most > VALUE_LEAST && !fits(cutEach(fields, most))) most /= 2;
  return cutEach(fields, most);
}

function charactersIn(fields: object): number {
  let sum = 0;
  for (const value of Object.values(fields)) {
    if (typeof value === 'string') sum += value.length;
    else if (typeof value === 'object' && value !== null) sum += charactersIn(value);
  }
  return sum;
}
