import type { Rule, RuleSet } from '../cors/rule.ts';
import type { Fault } from './fault.ts';
import { type Field, type Form, type FullForm, fieldsByName, OSS_JSON, S3_JSON } from './forms.ts';
import { type Json, parseJson } from './jsontext.ts';
import { emptyGiven, excerpt, type Given, type RawResult, type RawRule, type UnknownName } from './raw.ts';
import { recogniseForm } from './recognise.ts';

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

type Entries = readonly (readonly [key: string, value: Json])[];

/**
 * Splits a JSON document into its parts: ossutil's form `{"CORSRule": […], "ResponseVary": false}`, that of S3 and
 * Terraform `{"CORSRules": [{"AllowedOrigins": […], …}]}`, R2's `{"rules": [{"allowed": {…}, …}]}`, that of GCS
 * `{"cors": [{"origin": […], …}]}`, or a bare list of such rules, as the S3 console and gcloud write it. A single value
 * may stand in place of a list. Without `known` the keys decide the form.
 */
export function rawFromJson(text: string, known?: Form): RawResult {
  const read = parseJson(text);
  if (!read.ok) return read;
  const { value: json, repeated } = read;
  if (json.kind !== 'object' && json.kind !== 'list')
    return refused(`is ${KIND[json.kind]} where an object is expected`);
  const entries: Entries = json.kind === 'list' ? [['', json]] : json.entries;
  const form = known ?? recogniseForm(json);
  if (form === undefined) {
    if (json.kind === 'list') return refused('is a list without a rule of a known form');
    const keys = entries.map(([key]) => key).join(', ');
    return refused('has no key CORSRule, CORSRules, rules or cors', keys);
  }

  const fields = fieldsByName(form);
  const rules: RawRule[] = [];
  const responseVary: Given[] = [];
  const unknown: UnknownName[] = [];
  const faults: Fault[] = [];
  for (const [key, value] of entries) {
    if (key === form.rule) {
      for (const { place, json: rule } of listAt(key, value)) {
        if (rule.kind === 'object') rules.push(rawRule(place, rule.entries, fields, faults));
        else
          faults.push({
            place,
            reason: `is ${KIND[rule.kind]} where a rule is expected`,
            write: KIND.object,
          });
      }
    } else if (key === form.responseVary) {
      responseVary.push(givenAt(key, value, 'responseVary'));
    } else {
      unknown.push({ place: excerpt(key), name: key });
    }
  }
  return { ok: true, raw: { form, rules, responseVary, unknown, faults, fatal: repeated } };
}

function rawRule(
  place: string,
  entries: Entries,
  fields: ReadonlyMap<string, Field>,
  faults: Fault[],
): RawRule {
  const given = emptyGiven();
  const unknown: UnknownName[] = [];
  const groups = new Set([...fields.keys()].flatMap((name) => /^(.*)\//.exec(name)?.[1] ?? []));

  const add = (key: string, name: string, json: Json): void => {
    const at = `${place}/${excerpt(name)}`;
    // A key that contains a slash is not a path of the form.
    const field = key.includes('/') ? undefined : fields.get(name);
    if (groups.has(name) && json.kind === 'object') {
      for (const [inner, value] of json.entries) add(inner, `${name}/${inner}`, value);
    } else if (groups.has(name)) {
      const reason = `is ${KIND[json.kind]} where an object is expected`;
      faults.push({ place: at, reason, write: KIND.object });
    } else if (field === undefined) unknown.push({ place: at, name });
    else if (!isList(field)) given[field].push(givenAt(at, json, field));
    else for (const item of listAt(at, json)) given[field].push(givenAt(item.place, item.json, field));
  };

  for (const [key, json] of entries) add(key, key, json);
  return { place, given, unknown };
}

function givenAt(place: string, json: Json, field: Field | 'responseVary'): Given {
  const value = 'value' in json ? json.value : '';
  const accepted = ACCEPTED[field];
  if (accepted.includes(json.kind)) return { place, value };
  const expected = KIND[accepted[0] ?? 'text'];
  const write = json.kind === 'null' ? `${expected}, or leave the key out` : expected;
  return {
    place,
    value,
    problem: { reason: `is ${KIND[json.kind]} where ${expected} is expected`, write },
  };
}

/** The items of a list with their places; a single value counts as a list of one. */
function listAt(place: string, json: Json): readonly { place: string; json: Json }[] {
  return (json.kind === 'list' ? json.items : [json]).map((item, index) => ({
    place: `${place}[${index + 1}]`,
    json: item,
  }));
}

const isList = (field: Field): boolean => field !== 'maxAgeSeconds' && field !== 'id';

function refused(reason: string, value?: string): RawResult {
  return {
    ok: false,
    fault: {
      place: 'document',
      ...(value === undefined ? {} : { value: excerpt(value) }),
      reason,
      write:
        '{"CORSRule": […]} for ossutil, {"CORSRules": […]} for S3, {"rules": […]} for R2, {"cors": […]} for GCS, ' +
        'or the bare list of rules of S3, R2 or GCS',
    },
  };
}

/** Writes ossutil's form. It carries ResponseVary but not the ID of a rule, which OSS does not have. */
export function toOssJson(ruleSet: RuleSet): string {
  return written({
    CORSRule: ruleSet.rules.map((rule) => ruleIn(OSS_JSON, rule)),
    ResponseVary: ruleSet.responseVary,
  });
}

/** Writes the form of the S3 command line. It carries the ID of a rule but not ResponseVary, which S3 does not have. */
export function toS3Json(ruleSet: RuleSet): string {
  return written({
    CORSRules: ruleSet.rules.map((rule) => ({
      ...(rule.id === undefined ? {} : { ID: rule.id }),
      ...ruleIn(S3_JSON, rule),
    })),
  });
}

function ruleIn({ fields }: FullForm, rule: Rule) {
  return {
    [fields.allowedOrigins]: rule.allowedOrigins,
    [fields.allowedMethods]: rule.allowedMethods,
    ...(rule.allowedHeaders.length === 0 ? {} : { [fields.allowedHeaders]: rule.allowedHeaders }),
    ...(rule.exposeHeaders.length === 0 ? {} : { [fields.exposeHeaders]: rule.exposeHeaders }),
    ...(rule.maxAgeSeconds === undefined ? {} : { [fields.maxAgeSeconds]: rule.maxAgeSeconds }),
  };
}

const written = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
