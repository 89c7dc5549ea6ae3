import type { Fault } from './fault.ts';
import { foreignJson } from './foreign.ts';
import { type Field, type Form, inside, type NamesOf, namesOf } from './forms.ts';
import { type Json, type JsonEntry, parseJson } from './jsontext.ts';
import { nearest } from './nearest.ts';
import type { Located } from './place.ts';
import {
  emptyGiven,
  excerpt,
  type Given,
  type Problem,
  type RawResult,
  type RawRule,
  type UnknownName,
} from './raw.ts';
import { otherFormOf, type Recognised, recogniseForm } from './recognise.ts';

const KIND = {
  text: 'text',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
  list: 'a list',
  object: 'an object',
} as const;

/** The JSON kinds that each field accepts. Numbers and booleans may be quoted, as ossutil itself prints them. */
const ACCEPTED: Readonly<Record<Field | 'responseVary', readonly Json['kind'][]>> = {
  allowedOrigins: ['text'],
  allowedMethods: ['text'],
  allowedHeaders: ['text'],
  exposeHeaders: ['text'],
  maxAgeSeconds: ['number', 'text'],
  id: ['text'],
  responseVary: ['boolean', 'text'],
};

/** Keys of rules at the top of a document. */
const KEYS = ['CORSRules', 'CORSRule', 'CorsRules', 'rules', 'cors'];

/**
 * Splits a JSON document into its parts, in any form of `JSON_FORMS`. A single value may stand in place of a list.
 * Without `known` the keys decide the form.
 */
export function rawFromJson(text: string, known?: Form): RawResult {
  const read = parseJson(text);
  if (!read.ok) return read;
  const { value: json, repeated } = read;
  if (json.kind !== 'object' && json.kind !== 'list')
    return refused(`is ${KIND[json.kind]} where an object is expected`);
  const found = known === undefined ? recogniseForm(json) : wholeOf(json, known);
  // A key around the rules names the form. Keys of rules alone do not: other services have some of the same.
  const foreign = found?.form.rule === '' || found === undefined ? foreignJson(json) : undefined;
  if (foreign !== undefined) return { ok: false, fault: foreign };
  if (found === undefined) return unrecognised(json);

  const { form, path, entries, around } = found;
  const names = namesOf(form);
  const rules: RawRule[] = [];
  const responseVary: Given[] = [];
  const unknown: UnknownName[] = [];
  const faults: Fault[] = known === undefined ? [...keyFaults(found)] : [];
  for (const [key, value, at] of entries) {
    const place = inside(path, excerpt(key));
    if (key === form.rule) {
      for (const { place: one, json: rule } of listAt(key === '' ? path : place, value)) {
        if (rule.kind === 'object')
          rules.push(rawRule({ place: one, at: rule.at }, rule.entries, names, faults));
        else faults.push(notAnObject(one, rule, 'a rule'));
      }
    } else if (key === form.responseVary) {
      responseVary.push(givenAt(place, value, 'responseVary'));
    } else {
      unknown.push({ place, name: key, at });
    }
  }
  return { ok: true, raw: { form, path, rules, responseVary, unknown, around, faults, fatal: repeated } };
}

const wholeOf = (json: Json, form: Form): Recognised => ({
  form,
  path: '',
  entries: json.kind === 'object' ? json.entries : [],
  around: [],
  list: json,
});

/** The shortest cure for rules under the key of another form. */
function keyFaults(found: Recognised): readonly Fault[] {
  const { form, path } = found;
  const other = otherFormOf(found);
  if (other === undefined) return [];
  const reason = `has rules with the keys of ${other.rule}`;
  const write = `${other.rule} instead of ${form.rule}, or the keys below`;
  return [{ code: 'BC002', place: inside(path, form.rule), reason, write }];
}

function rawRule(where: Located, entries: readonly JsonEntry[], names: NamesOf, faults: Fault[]): RawRule {
  const { fields, groups } = names;
  const given = emptyGiven();
  const unknown: UnknownName[] = [];
  const add = (key: string, name: string, json: Json, at: number): void => {
    const place = `${where.place}/${excerpt(name)}`;
    // A key that contains a slash is not a path of the form.
    const field = key.includes('/') ? undefined : fields.get(name);
    if (groups.has(name) && json.kind === 'object') {
      for (const [inner, value, offset] of json.entries) add(inner, `${name}/${inner}`, value, offset);
    } else if (groups.has(name)) faults.push(notAnObject(place, json, 'an object'));
    else if (field === undefined) unknown.push({ place, name, at });
    else if (field === 'maxAgeSeconds' || field === 'id') given[field].push(givenAt(place, json, field));
    else for (const item of listAt(place, json)) given[field].push(givenAt(item.place, item.json, field));
  };
  for (const [key, json, at] of entries) add(key, key, json, at);
  return { ...where, given, unknown };
}

const notAnObject = (place: string, { kind }: Json, expected: string): Fault => ({
  code: 'BC001',
  place,
  reason: `is ${KIND[kind]} where ${expected} is expected`,
  write: KIND.object,
});

const KIND_CODES: Partial<Record<Field | 'responseVary', Problem['code']>> = {
  maxAgeSeconds: 'BC010',
  responseVary: 'BC011',
};

function givenAt(place: string, json: Json, field: Field | 'responseVary'): Given {
  const given = { place, at: json.at, value: 'value' in json ? json.value : '' };
  if (json.kind === 'null') return { ...given, absent: true };
  const accepted = ACCEPTED[field];
  if (accepted.includes(json.kind)) return given;
  const expected = KIND[accepted[0] ?? 'text'];
  const reason = `is ${KIND[json.kind]} where ${expected} is expected`;
  return { ...given, problem: { code: KIND_CODES[field] ?? 'BC001', reason, write: expected } };
}

/** The items of a list with their places; a single value counts as a list of one. */
function listAt(place: string, json: Json): readonly { place: string; json: Json }[] {
  return (json.kind === 'list' ? json.items : [json]).map((item, index) => ({
    place: `${place}[${index + 1}]`,
    json: item,
  }));
}

function unrecognised(json: Json): RawResult {
  if (json.kind !== 'object') return refused('is a list without a rule of a known form');
  const keys = json.entries.map(([key]) => key);
  const reason = `has no key ${KEYS.slice(0, -1).join(', ')} or ${KEYS.at(-1)}`;
  const meant = keys.flatMap((key) => {
    const known = nearest(key, KEYS);
    return known === undefined ? [] : [`${known} instead of ${excerpt(key)}`];
  });
  return refused(reason, keys.join(', '), meant[0]);
}

const FORMS =
  '{"CORSRule": […]} for ossutil, {"CORSRules": […]} for S3, {"rules": […]} for R2, {"cors": […]} for GCS, ' +
  'or the bare list of rules of S3, R2, GCS or the ali-oss SDK';

function refused(reason: string, value?: string, write: string = FORMS): RawResult {
  const shown = value === undefined ? {} : { value: excerpt(value) };
  return { ok: false, fault: { code: 'BC001', place: 'document', ...shown, reason, write } };
}
