import { type CheckedRule, checkRule } from './check-rule.ts';
import type { Document, Fault, Reading } from './fault.ts';
import {
  asErrors,
  asRated,
  asWarnings,
  capped,
  type Findings,
  presentValues,
  reportUnknown,
  singleValues,
} from './findings.ts';
import { type Form, inside, JSON_FORMS, OSS_JSON } from './forms.ts';
import { isSlip, nearest } from './nearest.ts';
import type { LineOf, PlaceOf } from './place.ts';
import { excerpt, type Given, type Raw } from './raw.ts';
import { responseVaryProblem } from './value.ts';

/** The limit of S3; OSS accepts fewer. More are a fault, or a warning in a store reading. */
export const MAX_RULES = 100;
/** No store serves more than this: either reading refuses it. */
const MAX_STORE_RULES = 1000;

/**
 * Checks the values of a document in any form. A strict reading refuses the document for any fault; a store reading
 * drops invalid values with a warning. What it drops never allows a request that the store refuses:
 *
 * - Without an origin, method or header name its rule allows less. No value is shortened to fit: an entry with two `*`
 *   is dropped. A request that no longer matches the rule goes on to later rules, like any request (semantics.md §2);
 * - A rule without origins or methods matches no request, so dropping it changes no decision;
 * - Without an ExposeHeader scripts see one header less; `*` there would expose all of them, also in a form with one
 *   list for allowed and exposed headers;
 * - Without MaxAgeSeconds a browser caches a preflight for 5 seconds. The least of several values counts;
 * - A ResponseVary that is neither `false` nor empty counts as `true`: a needless Vary costs cache hits, a missing one gives one
 *   origin's answer to another;
 * - `*` among the methods is the only value that is expanded, because the store means the five methods by it. A strict
 *   reading expands it too in a form that defines it.
 */
export function check(raw: Raw, reading: Reading, lineOf: LineOf): Document {
  const { form } = raw;
  const findings: Findings = { form, reading, faults: [...raw.faults], notes: [] };
  const { faults, notes } = findings;
  const root = form.unit === 'key' && raw.path !== '' ? raw.path : form.root;
  const list = form.rule === '' ? root : inside(raw.path, form.rule);
  const count = raw.rules.length;
  if (count > MAX_RULES) faults.push(tooMany(list, count));
  if (count > MAX_STORE_RULES) return { ok: false, faults: asErrors([tooMany(list, count)]), lineOf };
  if (reading === 'strict' && !form.mayBeEmpty && count === 0 && raw.faults.length === 0)
    faults.push({ code: 'BC003', place: list, reason: 'has no rule', write: NO_RULE_WRITE });

  const rules = raw.rules.flatMap((rule) => checkRule(rule, findings) ?? []);
  const given = presentValues(raw.responseVary, findings);
  const varies = singleValues(given, responseVaryProblem, findings);
  const responseVary = varies.length < given.length || varies.some(({ value }) => /^true$/i.test(value));
  reportOutside(raw, findings);

  if (raw.fatal.length > 0 || (reading === 'strict' && faults.length > 0))
    return { ok: false, faults: asErrors(capped([...raw.fatal, ...faults], root)), lineOf };
  const found = reading === 'strict' ? [] : asRated(faults);
  return {
    ok: true,
    ruleSet: { rules: rules.map(({ rule }) => rule), responseVary },
    warnings: capped([...found, ...asWarnings(notes)], root),
    form: form.name,
    placeOf: placesOf(raw, rules, root, varies[0]),
    beyond: beyondRules(raw),
    lineOf,
  };
}

const NO_RULE_WRITE =
  'at least one rule with an origin and a method; if no origin may read, one rule with an origin that no browser ' +
  'sends, such as https://none.invalid';

const tooMany = (place: string, count: number): Fault => ({
  code: 'BC012',
  place,
  value: String(count),
  reason: 'is too many rules',
  write: `at most ${MAX_RULES}`,
});

/** Keys that contain rules in some form. */
const KEYS_OF_RULES: ReadonlySet<string> = new Set(
  JSON_FORMS.flatMap(({ rule, within }) => [rule, ...within.map((path) => path.replace(/\/.*/, ''))]).filter(
    (key) => key !== '',
  ),
);

/** Reports unknown names beside the rules, and names around the form that seem to belong to it. */
function reportOutside(raw: Raw, findings: Findings): void {
  const { form } = raw;
  const names = [form.rule, form.responseVary ?? ''].filter((name) => name !== '');
  const meant = (name: string) => nearest(name, names);
  const hides = (name: string) => meant(name) !== undefined;
  const own = raw.unknown.filter(({ name }) => !form.beside?.includes(name));
  reportUnknown(own, { names, meant, hides }, findings);
  const list = findings.reading === 'strict' ? findings.faults : findings.notes;
  for (const { place, name } of raw.around) {
    const right = meant(name);
    const write = right === undefined ? writeInside(name, form) : `${right} inside ${raw.path}`;
    if (write === undefined) continue;
    const reason = `is beside ${raw.path}, and is not read there`;
    list.push({ code: 'BC002', place, value: excerpt(name), reason, write });
  }
}

/** What to write for a name beside the keys around the rules; undefined if it means nothing in any form. */
function writeInside(name: string, { fields: { id: _, ...fields } }: Form): string | undefined {
  if (KEYS_OF_RULES.has(name)) return 'one list of rules';
  if (isSlip(name, VARY))
    return 'the document without it, or in the form of OSS: {"CORSRule": […], "ResponseVary": true}';
  return Object.values(fields).includes(name) ? `${name} in each rule` : undefined;
}

const VARY = [OSS_JSON.responseVary ?? ''];

const beyondRules = ({ path, around, unknown, rules }: Raw): readonly string[] => [
  ...(path === '' ? [] : [path]),
  ...[...around, ...unknown, ...rules.flatMap((rule) => rule.unknown)].map(({ place }) => place),
];

function placesOf(raw: Raw, rules: readonly CheckedRule[], root: string, vary: Given | undefined): PlaceOf {
  const { fields, responseVary = 'ResponseVary' } = raw.form;
  return (number, field, index) => {
    if (field === 'responseVary') return vary?.place ?? inside(raw.path, responseVary);
    const rule = number === null ? undefined : rules[number - 1];
    if (rule === undefined) return root;
    if (field === undefined) return rule.place;
    const given =
      field === 'maxAgeSeconds' || field === 'id' ? rule[field] : rule.values[field][(index ?? 0) - 1];
    return given?.place ?? `${rule.place}/${fields[field] ?? fields.allowedHeaders}`;
  };
}
