import type { Rule, RuleSet } from '../cors/rule.ts';
import type { Fault } from './fault.ts';
import { formOf } from './form.ts';
import { type Json, parseJson } from './jsontext.ts';
import { emptyGiven, type Given, type RawRule, type Stranger, shown, type Taken } from './raw.ts';
import { type Field, type FullWords, fieldsByName, OSS_JSON, S3_JSON, type Words } from './words.ts';

const KIND = {
  text: 'text',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
  list: 'a list',
  object: 'an object',
} as const;

/** The kinds that give a field its value; numbers and booleans may stand in quotes, as ossutil itself prints them. */
const MEANT: Readonly<Record<Field | 'responseVary', readonly Json['kind'][]>> = {
  allowedOrigins: ['text'],
  allowedMethods: ['text'],
  allowedHeaders: ['text'],
  exposeHeaders: ['text'],
  maxAgeSeconds: ['number', 'text'],
  id: ['text'],
  responseVary: ['boolean', 'text'],
};

const givenAt = (place: string, json: Json, field: Field | 'responseVary'): Given => {
  const value = 'value' in json ? json.value : '';
  const meant = MEANT[field];
  if (meant.includes(json.kind)) return { place, value };
  const wanted = KIND[meant[0] ?? 'text'];
  const write = json.kind === 'null' ? `${wanted}, or leave the key out` : wanted;
  return { place, value, problem: { reason: `${KIND[json.kind]} where ${wanted} is meant`, write } };
};

/** A list, or the single value that may stand for one, each with its place. */
const listAt = (place: string, json: Json): readonly { place: string; json: Json }[] =>
  (json.kind === 'list' ? json.items : [json]).map((item, index) => ({
    place: `${place}[${index + 1}]`,
    json: item,
  }));

const isList = (field: Field): boolean => field !== 'maxAgeSeconds' && field !== 'id';

type Entries = readonly (readonly [key: string, value: Json])[];

const ruleOf = (
  place: string,
  entries: Entries,
  fields: ReadonlyMap<string, Field>,
  faults: Fault[],
): RawRule => {
  const given = emptyGiven();
  const strangers: Stranger[] = [];
  const groups = new Set([...fields.keys()].flatMap((name) => /^(.*)\//.exec(name)?.[1] ?? []));

  const take = (key: string, name: string, json: Json): void => {
    const at = `${place}/${shown(name)}`;
    // A key of the document that has a slash in it is none of the form's paths.
    const field = key.includes('/') ? undefined : fields.get(name);
    if (groups.has(name) && json.kind === 'object') {
      for (const [inner, value] of json.entries) take(inner, `${name}/${inner}`, value);
    } else if (groups.has(name)) {
      faults.push({ place: at, reason: `${KIND[json.kind]} where an object is meant`, write: KIND.object });
    } else if (field === undefined) strangers.push({ place: at, name });
    else if (!isList(field)) given[field].push(givenAt(at, json, field));
    else for (const item of listAt(at, json)) given[field].push(givenAt(item.place, item.json, field));
  };

  for (const [key, json] of entries) take(key, key, json);
  return { place, given, strangers };
};

const refused = (reason: string, value?: string): Taken => ({
  ok: false,
  fault: {
    place: 'document',
    ...(value === undefined ? {} : { value: shown(value) }),
    reason,
    write:
      '{"CORSRule": […]} as ossutil has it, {"CORSRules": […]} as S3 has it, {"rules": […]} as R2 has it, ' +
      '{"cors": […]} as GCS has it, or the bare list of such rules of S3, R2 or GCS',
  },
});

/**
 * Takes a JSON document apart: ossutil's form `{"CORSRule": […], "ResponseVary": false}`, that of S3 and Terraform
 * `{"CORSRules": [{"AllowedOrigins": […], …}]}`, R2's `{"rules": [{"allowed": {…}, …}]}`, that of GCS
 * `{"cors": [{"origin": […], …}]}`, or a bare list of such rules, as the S3 console and gcloud have it. A single
 * value may stand where a list is meant. `known` are the words of the form where somebody knows it.
 */
export const takeJson = (text: string, known?: Words): Taken => {
  const read = parseJson(text);
  if (!read.ok) return read;
  const { value: json, repeated } = read;
  if (json.kind !== 'object' && json.kind !== 'list')
    return refused(`${KIND[json.kind]} where an object is meant`);
  const entries: Entries = json.kind === 'list' ? [['', json]] : json.entries;
  const words = known ?? formOf(json);
  if (words === undefined) {
    if (json.kind === 'list') return refused('a list of what are no rules of a known form');
    const keys = entries.map(([key]) => key).join(', ');
    return refused('none of the keys CORSRule, CORSRules, rules and cors', keys);
  }

  const fields = fieldsByName(words);
  const rules: RawRule[] = [];
  const responseVary: Given[] = [];
  const strangers: Stranger[] = [];
  const faults: Fault[] = [];
  for (const [key, value] of entries) {
    if (key === words.rule) {
      for (const { place, json: rule } of listAt(key, value)) {
        if (rule.kind === 'object') rules.push(ruleOf(place, rule.entries, fields, faults));
        else faults.push({ place, reason: `${KIND[rule.kind]} where a rule is meant`, write: 'an object' });
      }
    } else if (key === words.responseVary) {
      responseVary.push(givenAt(key, value, 'responseVary'));
    } else {
      strangers.push({ place: shown(key), name: key });
    }
  }
  return { ok: true, raw: { words, rules, responseVary, strangers, faults, fatal: repeated } };
};

const ruleIn = (words: FullWords, rule: Rule) => {
  const { fields } = words;
  return {
    [fields.allowedOrigins]: rule.allowedOrigins,
    [fields.allowedMethods]: rule.allowedMethods,
    ...(rule.allowedHeaders.length === 0 ? {} : { [fields.allowedHeaders]: rule.allowedHeaders }),
    ...(rule.exposeHeaders.length === 0 ? {} : { [fields.exposeHeaders]: rule.exposeHeaders }),
    ...(rule.maxAgeSeconds === undefined ? {} : { [fields.maxAgeSeconds]: rule.maxAgeSeconds }),
  };
};

const written = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Writes ossutil's form. It carries ResponseVary; the ID of a rule is lost, as OSS has none. */
export const toOssJson = (ruleSet: RuleSet): string =>
  written({
    CORSRule: ruleSet.rules.map((rule) => ruleIn(OSS_JSON, rule)),
    ResponseVary: ruleSet.responseVary,
  });

/** Writes the form of the S3 command line. It carries the ID of a rule; ResponseVary is lost, as S3 has none. */
export const toS3Json = (ruleSet: RuleSet): string =>
  written({
    CORSRules: ruleSet.rules.map((rule) => ({
      ...(rule.id === undefined ? {} : { ID: rule.id }),
      ...ruleIn(S3_JSON, rule),
    })),
  });
