import { type Form, inside, JSON_FORMS, S3_LIST } from './forms.ts';
import type { Json, JsonEntry } from './jsontext.ts';
import { nearest } from './nearest.ts';
import { excerpt, type UnknownName } from './raw.ts';

/** A form and where it stands in a JSON document. */
export interface Recognised {
  readonly form: Form;
  /** The path of keys around it. */
  readonly path: string;
  readonly entries: readonly JsonEntry[];
  /** The other names along that path. */
  readonly around: readonly UnknownName[];
  /** Its rules. */
  readonly list: Json;
}

/**
 * The form of a JSON document, or undefined when it has no known form. A form fits where its path leads to an object
 * with its key for rules or, if it has none, to a list. Among forms that fit the same list the keys of the rules decide.
 * Misspelt keys count only in a list that is the whole document, and only if no key is right. Such a list without an
 * object counts as S3's.
 */
export function recogniseForm(json: Json): Recognised | undefined {
  const candidates = JSON_FORMS.flatMap((form) =>
    form.within.flatMap((path) => candidateAt(form, path, json)),
  );
  const [first] = candidates;
  if (first === undefined) return undefined;
  const rivals = candidates.filter(({ list }) => list === first.list);
  const keys = keysIn(first.list);
  const exact = rivals.length === 1 ? first : bestMatch(rivals, keys, (known, key) => known.includes(key));
  if (exact !== undefined) return exact;
  if (first.list !== json) return first;
  if (keys === undefined) return rivals.find(({ form }) => form === S3_LIST);
  return bestMatch(rivals, keys, (known, key) => nearest(key, known) !== undefined);
}

/** The form of rules that have no key of `form`, and only keys of that other form; undefined for any others. */
export function otherFormOf({ form, list }: Recognised): Form | undefined {
  const keys = keysIn(list);
  if (form.rule === '' || keys === undefined || keys.length === 0) return undefined;
  const own = topLevelKeys(form);
  if (keys.some((key) => own.includes(key))) return undefined;
  return JSON_FORMS.find((other) => {
    const known = other.rule === '' ? [] : topLevelKeys(other);
    return keys.every((key) => known.includes(key));
  });
}

function candidateAt(form: Form, path: string, json: Json): Recognised | readonly [] {
  let value = json;
  let at = '';
  const around: UnknownName[] = [];
  for (const key of path === '' ? [] : path.split('/')) {
    const entries = value.kind === 'object' ? value.entries : [];
    const next = entries.find(([name]) => name === key);
    if (next === undefined) return [];
    for (const [name, , offset] of entries)
      if (name !== key) around.push({ place: inside(at, excerpt(name)), name, at: offset });
    at = inside(at, key);
    value = next[1];
  }
  if (form.rule === '') {
    const entries: readonly JsonEntry[] = [['', value, value.at]];
    return value.kind === 'list' ? { form, path, entries, around, list: value } : [];
  }
  const entries = value.kind === 'object' ? value.entries : [];
  const rules = entries.find(([name]) => name === form.rule);
  return rules === undefined ? [] : { form, path, entries, around, list: rules[1] };
}

/** The keys of all rules; undefined if no rule is an object. */
function keysIn(list: Json): readonly string[] | undefined {
  const items = list.kind === 'list' ? list.items : [list];
  const rules = items.flatMap((item) => (item.kind === 'object' ? [item] : []));
  return rules.length === 0 ? undefined : rules.flatMap(({ entries }) => entries.map(([key]) => key));
}

/** The candidate that knows most of the keys; the first on a tie, undefined if none knows a key. */
function bestMatch(
  candidates: readonly Recognised[],
  keys: readonly string[] = [],
  knows: (known: readonly string[], key: string) => boolean,
): Recognised | undefined {
  let best: Recognised | undefined;
  let most = 0;
  for (const candidate of candidates) {
    const known = topLevelKeys(candidate.form);
    const count = keys.filter((key) => knows(known, key)).length;
    if (count > most) {
      best = candidate;
      most = count;
    }
  }
  return best;
}

/** The keys at the top level of a rule in this form. */
const topLevelKeys = ({ fields }: Form): readonly string[] => [
  ...new Set(Object.values(fields).map((name) => name.replace(/\/.*/, ''))),
];
