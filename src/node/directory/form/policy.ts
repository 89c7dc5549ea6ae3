import type { Dialect } from '../../../cors/behaviour.ts';

/** What a policy says of a form. */
export interface Policy {
  /** Milliseconds since 1970. */
  readonly expiration: number;
  readonly conditions: readonly Condition[];
}

export type Condition =
  | {
      readonly kind: 'eq' | 'starts-with';
      readonly field: string;
      readonly value: string;
      readonly text: string;
    }
  | {
      readonly kind: 'in' | 'not-in';
      readonly field: string;
      readonly values: readonly string[];
      readonly text: string;
    }
  | { readonly kind: 'content-length-range'; readonly least: number; readonly most: number };

/** Why a policy refuses a form. */
export interface PolicyFault {
  readonly code: 'InvalidPolicyDocument' | 'AccessDenied';
  readonly message: string;
}

const invalid = (why: string): PolicyFault => ({
  code: 'InvalidPolicyDocument',
  message: `Invalid Policy: ${why}.`,
});
const refused = (why: string): PolicyFault => ({
  code: 'AccessDenied',
  message: `Invalid according to Policy: ${why}`,
});

export const isFault = (value: object): value is PolicyFault => 'code' in value;

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

/** The field of `$key`, in lower case; null: it is no field. */
const fieldOf = (name: unknown): string | null =>
  typeof name === 'string' && /^\$./.test(name) ? name.slice(1).toLowerCase() : null;

function readRow(row: readonly unknown[]): Condition | null {
  const [kind, second, third] = row;
  if (row.length !== 3) return null;
  if (kind === 'content-length-range') {
    const [least, most] = [Number(second), Number(third)];
    const isRange = Number.isSafeInteger(least) && Number.isSafeInteger(most) && least >= 0;
    return isRange ? { kind, least, most } : null;
  }
  const field = fieldOf(second);
  if (field === null) return null;
  if ((kind === 'eq' || kind === 'starts-with') && typeof third === 'string')
    return { kind, field, value: third, text: JSON.stringify(row) };
  const isList = (kind === 'in' || kind === 'not-in') && isTexts(third);
  return isList ? { kind, field, values: third, text: JSON.stringify(row) } : null;
}

function readCondition(written: unknown): readonly Condition[] | null {
  if (Array.isArray(written)) {
    const row = readRow(written);
    return row && [row];
  }
  if (typeof written !== 'object' || written === null) return null;
  const entries = Object.entries(written);
  if (entries.some(([, value]) => typeof value !== 'string')) return null;
  return entries.map(([name, value]) => ({
    kind: 'eq',
    field: name.toLowerCase(),
    value: String(value),
    text: JSON.stringify(['eq', `$${name}`, value]),
  }));
}

function readJson(encoded: string): unknown {
  try {
    return JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Without the content of lists in lists, which may be nested deeper than the stack is. */
const shown = (condition: unknown): string =>
  JSON.stringify(condition, (place, value) =>
    place !== '' && typeof value === 'object' && value !== null ? '…' : value,
  ).slice(0, 200);

/** Reads a policy as the form has it, in base64. */
export function readPolicy(encoded: string): Policy | PolicyFault {
  const json = readJson(encoded);
  if (typeof json !== 'object' || json === null) return invalid('Invalid JSON');
  const { expiration, conditions } = json as Record<string, unknown>;
  if (typeof expiration !== 'string') return invalid('Policy missing expiration');
  const ends = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(expiration)
    ? Date.parse(expiration)
    : Number.NaN;
  if (Number.isNaN(ends)) return invalid(`Invalid 'expiration' value: '${expiration.slice(0, 40)}'`);
  if (!Array.isArray(conditions)) return invalid('Policy missing conditions');
  const read = conditions.map(readCondition);
  const at = read.indexOf(null);
  if (at >= 0) return invalid(`Invalid condition: ${shown(conditions[at])}`);
  return { expiration: ends, conditions: read.flatMap((rows) => rows ?? []) };
}

function holds(condition: Condition, value: string): boolean {
  switch (condition.kind) {
    case 'eq':
      return value === condition.value;
    case 'starts-with':
      return value.startsWith(condition.value);
    case 'in':
      return condition.values.includes(value);
    case 'not-in':
      return !condition.values.includes(value);
    case 'content-length-range':
      return true;
  }
}

/** Fields of S3 that no condition must name. */
const FREE = [
  'policy',
  'x-amz-signature',
  'signature',
  'ossaccesskeyid',
  'x-oss-signature',
  'bucket',
  'file',
];

/** S3 asks for a condition for each field; OSS does not. */
const uncovered = (
  fields: ReadonlyMap<string, string>,
  conditions: readonly Condition[],
): string | undefined => {
  const named = new Set(conditions.flatMap((one) => ('field' in one ? [one.field] : [])));
  return [...fields.keys()].find(
    (name) => !named.has(name) && !FREE.includes(name) && !name.startsWith('x-ignore-'),
  );
};

/**
 * Why a policy refuses a form; null: it allows the form, if its file is within `sizesOf`. `fields`: by lower-case name, with
 * the bucket, and the key as the object will have it.
 */
export function policyFault(
  { expiration, conditions }: Policy,
  fields: ReadonlyMap<string, string>,
  { dialect, now }: { readonly dialect: Dialect; readonly now: number },
): PolicyFault | null {
  if (now > expiration) return refused('Policy expired.');
  for (const condition of conditions) {
    if (condition.kind === 'content-length-range' || holds(condition, fields.get(condition.field) ?? ''))
      continue;
    return refused(`Policy Condition failed: ${condition.text}`);
  }
  const extra = dialect === 's3' ? uncovered(fields, conditions) : undefined;
  return extra === undefined ? null : refused(`Extra input fields: ${extra.slice(0, 100)}`);
}

/** The sizes that a policy allows for the file, in bytes. */
export const sizesOf = ({ conditions }: Policy): { readonly least: number; readonly most: number } => ({
  least: Math.max(
    0,
    ...conditions.flatMap((one) => (one.kind === 'content-length-range' ? [one.least] : [])),
  ),
  most: Math.min(
    MAX_FILE_BYTES,
    ...conditions.flatMap((one) => (one.kind === 'content-length-range' ? [one.most] : [])),
  ),
});

/** The limit of both stores on one upload by a form. */
const MAX_FILE_BYTES = 5 * 1024 ** 3;
