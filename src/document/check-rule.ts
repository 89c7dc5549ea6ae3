import { isMethod, METHODS, type Rule } from '../cors/rule.ts';
import {
  type Findings,
  faultOf,
  type Known,
  presentValues,
  reportUnknown,
  singleValues,
  validValues,
} from './findings.ts';
import type { ListField } from './forms.ts';
import { fieldMeant, hidesValues } from './names.ts';
import { excerpt, type Given, type RawRule } from './raw.ts';
import { idProblem, LIST_CHECKS, maxAgeProblem, trimmed } from './value.ts';

/** A rule with the values of the document that it has. */
export interface CheckedRule {
  readonly rule: Rule;
  readonly place: string;
  readonly values: Readonly<Record<ListField, readonly Given[]>>;
  readonly maxAgeSeconds?: Given;
  readonly id?: Given;
}

/** Methods of HTTP that a form may list beside the five (semantics.md §1, AllowedMethod). */
const OTHER_METHODS = ['OPTIONS', 'PATCH', 'TRACE', 'CONNECT'];

/** The valid part of a rule; undefined if no origin or no method is valid. Faults and notes go to `findings`. */
export function checkRule(rule: RawRule, findings: Findings): CheckedRule | undefined {
  const { form } = findings;
  const present = (field: keyof RawRule['given']) => presentValues(rule.given[field], findings);
  const list = (field: ListField, given = present(field)) => validValues(given, LIST_CHECKS[field], findings);
  const givenOrigins = present('allowedOrigins');
  const allowedOrigins = list('allowedOrigins', givenOrigins);
  if (givenOrigins.length === 0) reportMissing(rule, 'allowedOrigins', 'https://www.example.com', findings);
  const givenMethods = withoutOthers(present('allowedMethods'), findings);
  const allowedMethods = methodsOf(givenMethods, findings);
  if (givenMethods.length === 0) reportMissing(rule, 'allowedMethods', 'GET', findings);
  const allowedHeaders = list('allowedHeaders');
  const exposeHeaders =
    form.fields.exposeHeaders === undefined ? exposedAmong(allowedHeaders, findings) : list('exposeHeaders');
  const maxAgeSeconds = leastOf(singleValues(present('maxAgeSeconds'), maxAgeProblem, findings));
  const [id] = singleValues(present('id'), idProblem, findings);
  const known: Known = {
    names: Object.values(form.fields),
    meant: (name) => fieldMeant(name, form),
    hides: (name) => hidesValues(name, form),
  };
  reportUnknown(rule.unknown, known, findings);
  if (allowedOrigins.length === 0 || allowedMethods.length === 0) {
    reportDropped(rule, allowedOrigins.length === 0 ? 'allowedOrigins' : 'allowedMethods', findings);
    return undefined;
  }
  return {
    rule: {
      ...(id === undefined ? {} : { id: id.value }),
      allowedOrigins: allowedOrigins.map(textOf),
      allowedMethods: allowedMethods.map(textOf).filter(isMethod),
      allowedHeaders: allowedHeaders.map(textOf),
      exposeHeaders: exposeHeaders.map(textOf),
      ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds: Number(maxAgeSeconds.value) }),
    },
    place: rule.place,
    values: { allowedOrigins, allowedMethods, allowedHeaders, exposeHeaders },
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
    ...(id === undefined ? {} : { id }),
  };
}

const textOf = ({ value }: Given): string => value;

const isGiven = (given: Given, values: readonly string[]): boolean =>
  given.problem === undefined && values.includes(trimmed(given.value));

const leastOf = (ages: readonly Given[]): Given | undefined =>
  ages.reduce<Given | undefined>(
    (least, one) => (least === undefined || Number(one.value) < Number(least.value) ? one : least),
    undefined,
  );

function withoutOthers(given: readonly Given[], { form, notes }: Findings): readonly Given[] {
  if (!form.wideMethods) return given;
  for (const one of given.filter(isOther)) {
    const idle = isGiven(one, ['OPTIONS']);
    if (idle && form.printed) continue;
    const reason = idle
      ? 'has no effect and is left out: preflights need no rule for OPTIONS'
      : `is left out: rules allow only ${METHODS.join(', ')}`;
    notes.push(faultOf(one, { code: 'BC007', reason, write: 'the other methods alone' }));
  }
  return given.filter((one) => !isOther(one));
}

const isOther = (one: Given): boolean => isGiven(one, OTHER_METHODS);

function methodsOf(given: readonly Given[], findings: Findings): readonly Given[] {
  const { form, reading, faults } = findings;
  const methods: Given[] = [];
  for (const one of given) {
    if ((reading === 'store' || form.wideMethods) && isGiven(one, ['*'])) {
      const found = new Set(methods.map(textOf));
      for (const value of METHODS) if (!found.has(value)) methods.push({ ...one, value });
      const write = METHODS.join(', ');
      if (!form.wideMethods)
        faults.push(faultOf(one, { code: 'BC007', reason: 'is read as all five methods', write }));
    } else {
      methods.push(...validValues([one], LIST_CHECKS.allowedMethods, findings));
    }
  }
  return methods;
}

/**
 * In a form with one list of headers it names request and response headers alike; a wildcard exposes no header. In what
 * a store prints only `*` gets a note: `x-goog-meta-*` there is meant for uploads.
 */
function exposedAmong(allowed: readonly Given[], { form, notes }: Findings): readonly Given[] {
  const reason =
    'allows request headers but exposes no response header: an exposed header needs its full name';
  const write = 'also each response header that scripts may read, such as ETag';
  for (const one of allowed.filter(isWild))
    if (!form.printed || one.value === '*') notes.push(faultOf(one, { code: 'BC009', reason, write }));
  return allowed.filter((one) => !isWild(one));
}

const isWild = ({ value }: Given): boolean => value.includes('*');

function reportMissing(
  rule: RawRule,
  field: 'allowedOrigins' | 'allowedMethods',
  example: string,
  { form, faults }: Findings,
): void {
  const name = form.fields[field];
  faults.push({
    code: 'BC003',
    place: `${rule.place}/${name}`,
    reason: `is missing${whyMissing(rule, field, form)}`,
    write: `at least one ${name}, such as ${example}`,
  });
}

function whyMissing(
  rule: RawRule,
  field: 'allowedOrigins' | 'allowedMethods',
  form: Findings['form'],
): string {
  const misspelt = rule.unknown.find(({ name }) => fieldMeant(name, form) === form.fields[field]);
  if (misspelt !== undefined) return `; ${excerpt(misspelt.name)} is not a known ${form.unit}`;
  const idle = form.wideMethods && rule.given[field].find(isOther);
  if (idle) return `: ${trimmed(idle.value)} is left out`;
  return rule.given[field].length === 0 ? '' : ': empty values count as absent';
}

/** A strict reading has a fault for the same reason already. */
function reportDropped(
  rule: RawRule,
  field: 'allowedOrigins' | 'allowedMethods',
  { form, reading, faults }: Findings,
): void {
  if (reading === 'strict') return;
  const name = form.fields[field];
  faults.push({
    code: 'BC003',
    place: rule.place,
    reason: `has no valid ${name} and is dropped: it can match no request`,
    write: `at least one ${name}`,
  });
}
