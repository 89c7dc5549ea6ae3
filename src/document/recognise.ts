import { type Form, GCS_JSON, GCS_LIST, OSS_JSON, R2_JSON, R2_LIST, S3_JSON, S3_LIST } from './forms.ts';
import type { Json } from './jsontext.ts';
import { nearest } from './nearest.ts';

const OBJECTS = [S3_JSON, OSS_JSON, R2_JSON, GCS_JSON];
const LISTS = [S3_LIST, R2_LIST, GCS_LIST];

/**
 * The form of a JSON document, or undefined when it has no known form. The key of the rules identifies an object, the
 * keys of its rules identify a bare list. Misspelt keys count only if no key is right. A list without an object
 * counts as S3's.
 */
export function recogniseForm(json: Extract<Json, { kind: 'object' | 'list' }>): Form | undefined {
  if (json.kind === 'object') return OBJECTS.find((form) => json.entries.some(([key]) => key === form.rule));
  const rules = json.items.flatMap((item) => (item.kind === 'object' ? [item] : []));
  if (rules.length === 0) return S3_LIST;
  const keys = rules.flatMap((rule) => rule.entries.map(([key]) => key));
  return (
    bestMatch(keys, (form, key) => keysOf(form).includes(key)) ??
    bestMatch(keys, (form, key) => nearest(key, keysOf(form)) !== undefined)
  );
}

/** The list form that knows most of the keys; the first on a tie, undefined if no form knows a key. */
function bestMatch(keys: readonly string[], knows: (form: Form, key: string) => boolean): Form | undefined {
  let best: Form | undefined;
  let most = 0;
  for (const form of LISTS) {
    const known = keys.filter((key) => knows(form, key)).length;
    if (known > most) {
      best = form;
      most = known;
    }
  }
  return best;
}

/** The keys at the top level of a rule in this form. */
function keysOf({ fields }: Form): readonly string[] {
  return [...new Set(Object.values(fields).map((name) => name.replace(/\/.*/, '')))];
}
