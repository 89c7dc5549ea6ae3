import type { Field, Form } from './forms.ts';
import { isSlip, nearest } from './nearest.ts';

/** What other forms, other stores and people call the fields, in the spelling of `plainName`. */
const ALIASES: Readonly<Record<Field, readonly string[]>> = {
  allowedOrigins: ['allowedorigin', 'alloworigin', 'origin', 'accesscontrolalloworigin'],
  allowedMethods: ['allowedmethod', 'allowmethod', 'method', 'accesscontrolallowmethod'],
  allowedHeaders: ['allowedheader', 'allowheader', 'header', 'requestheader', 'accesscontrolallowheader'],
  exposeHeaders: ['exposeheader', 'exposedheader', 'exposed', 'expose', 'accesscontrolexposeheader'],
  maxAgeSeconds: ['maxagesecond', 'maxage', 'maxageinsecond', 'maxagesec', 'accesscontrolmaxage'],
  id: ['id', 'ruleid'],
};

const FIELDS: ReadonlyMap<string, Field> = new Map(
  (Object.entries(ALIASES) as (readonly [Field, readonly string[]])[]).flatMap(([field, names]) =>
    names.map((name) => [name, field] as const),
  ),
);

/** The last part of a name without case, separators and the plural: `allowed_origins` is `allowedorigin`. */
const plainName = (name: string): string =>
  name.slice(0, 200).toLowerCase().replace(/^.*\//, '').replace(/[_-]/g, '').replace(/s$/, '');

/** The form's name for a field that another form or a slip calls `name`; undefined if none seems to be meant. */
export function fieldMeant(name: string, { fields }: Form): string | undefined {
  const field = FIELDS.get(plainName(name));
  const known = field === 'exposeHeaders' ? (fields.exposeHeaders ?? fields.allowedHeaders) : undefined;
  return known ?? (field && fields[field]) ?? nearest(name, Object.values(fields));
}

/**
 * Whether a name is a slip of a known one, or another form's name of a list. Ignored, it would hide an origin, a method
 * or a header; a missing age costs only preflights.
 */
export function hidesValues(name: string, { fields }: Form): boolean {
  const field = FIELDS.get(plainName(name));
  const isList = field !== undefined && field !== 'maxAgeSeconds' && field !== 'id';
  return isList || isSlip(name, Object.values(fields));
}
