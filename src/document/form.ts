import type { Json } from './jsontext.ts';
import { nearest } from './nearest.ts';
import { GCS_JSON, GCS_LIST, OSS_JSON, R2_JSON, R2_LIST, S3_JSON, S3_LIST, type Words } from './words.ts';

type Shaped = Extract<Json, { kind: 'object' | 'list' }>;

const OBJECTS = [S3_JSON, OSS_JSON, R2_JSON, GCS_JSON];
const LISTS = [S3_LIST, R2_LIST, GCS_LIST];

/** The keys that may stand directly in a rule of this form. */
const keysOf = ({ fields }: Words): readonly string[] => [
  ...new Set(Object.values(fields).map((name) => name.replace(/\/.*/, ''))),
];

/** The form that knows most of the keys; the first of several that know equally many, none where no form knows any. */
const mostKnown = (
  keys: readonly string[],
  knows: (form: Words, key: string) => boolean,
): Words | undefined => {
  let best: Words | undefined;
  let most = 0;
  for (const form of LISTS) {
    const known = keys.filter((key) => knows(form, key)).length;
    if (known > most) {
      best = form;
      most = known;
    }
  }
  return best;
};

/**
 * Which form a JSON document has, or none of the known ones. An object is recognised by the key that holds the rules,
 * a bare list by the keys of its rules; misspelt ones count only where none is right. A list without an object in it
 * may be any form's.
 */
export const formOf = (json: Shaped): Words | undefined => {
  if (json.kind === 'object') return OBJECTS.find((form) => json.entries.some(([key]) => key === form.rule));
  const rules = json.items.flatMap((item) => (item.kind === 'object' ? [item] : []));
  if (rules.length === 0) return S3_LIST;
  const keys = rules.flatMap((rule) => rule.entries.map(([key]) => key));
  return (
    mostKnown(keys, (form, key) => keysOf(form).includes(key)) ??
    mostKnown(keys, (form, key) => nearest(key, keysOf(form)) !== undefined)
  );
};
