import { isMethod, METHODS, type Method, type Rule } from '../cors/rule.ts';
import { type Findings, faultOf, reportUnknown, singleValues, validValues } from './findings.ts';
import type { ListField } from './forms.ts';
import { nearest } from './nearest.ts';
import { excerpt, type Given, type RawRule } from './raw.ts';
import { idProblem, LIST_CHECKS, maxAgeProblem, trimmed } from './value.ts';

/** The valid part of a rule; undefined if no origin or no method is valid. Faults and notes go to `findings`. */
export function checkRule(rule: RawRule, findings: Findings): Rule | undefined {
  const { fields } = findings.form;
  const list = (field: ListField) => validValues(rule.given[field], LIST_CHECKS[field], findings);
  const allowedOrigins = list('allowedOrigins');
  if (rule.given.allowedOrigins.length === 0)
    reportMissing(rule, 'allowedOrigins', 'https://www.example.com', findings);
  const givenMethods = withoutIdleOptions(rule.given.allowedMethods, findings);
  const allowedMethods = methodsOf(givenMethods, findings);
  if (givenMethods.length === 0) reportMissing(rule, 'allowedMethods', 'GET', findings);
  const allowedHeaders = list('allowedHeaders');
  const exposeHeaders =
    fields.exposeHeaders === undefined
      ? exposedAmong(rule.given.allowedHeaders, allowedHeaders, findings)
      : list('exposeHeaders');
  const ages = singleValues(rule.given.maxAgeSeconds, maxAgeProblem, findings).map(Number);
  const [id] = singleValues(rule.given.id, idProblem, findings);
  reportUnknown(rule.unknown, Object.values(fields), findings);
  if (allowedOrigins.length === 0 || allowedMethods.length === 0) {
    reportDropped(rule, allowedOrigins.length === 0 ? 'allowedOrigins' : 'allowedMethods', findings);
    return undefined;
  }
  return {
    ...(id === undefined ? {} : { id }),
    allowedOrigins,
    allowedMethods,
    allowedHeaders,
    exposeHeaders,
    ...(ages.length === 0 ? {} : { maxAgeSeconds: Math.min(...ages) }),
  };
}

function isGiven(given: Given, value: string): boolean {
  return given.problem === undefined && trimmed(given.value) === value;
}

function withoutIdleOptions(given: readonly Given[], { form, notes }: Findings): readonly Given[] {
  if (!form.wideMethods) return given;
  const reason = 'has no effect and is left out: preflights need no rule for OPTIONS';
  const idle = given.filter((one) => isGiven(one, 'OPTIONS'));
  notes.push(...idle.map((one) => faultOf(one, { reason, write: 'the other methods alone' })));
  return given.filter((one) => !idle.includes(one));
}

function methodsOf(given: readonly Given[], findings: Findings): readonly Method[] {
  const { wideMethods } = findings.form;
  const methods: Method[] = [];
  for (const one of given) {
    if ((findings.reading === 'store' || wideMethods) && isGiven(one, '*')) {
      methods.push(...METHODS.filter((method) => !methods.includes(method)));
      const problem = { reason: 'is read as all five methods', write: METHODS.join(', ') };
      if (!wideMethods) findings.faults.push(faultOf(one, problem));
    } else {
      methods.push(...validValues([one], LIST_CHECKS.allowedMethods, findings).filter(isMethod));
    }
  }
  return methods;
}

/** In a form with one list of headers it names request and response headers alike; `*` exposes no header. */
function exposedAmong(
  given: readonly Given[],
  allowed: readonly string[],
  { notes }: Findings,
): readonly string[] {
  const reason =
    'allows request headers but exposes no response header: an exposed header needs its full name';
  const write = 'also each response header that scripts may read, such as ETag';
  for (const one of given) {
    const value = trimmed(one.value);
    if (value.includes('*') && allowed.includes(value)) notes.push(faultOf(one, { reason, write }));
  }
  return allowed.filter((value) => !value.includes('*'));
}

function reportMissing(
  rule: RawRule,
  field: 'allowedOrigins' | 'allowedMethods',
  example: string,
  { form, faults }: Findings,
): void {
  const name = form.fields[field];
  const misspelt = rule.unknown.find((one) => nearest(one.name, Object.values(form.fields)) === name);
  const hint = misspelt === undefined ? '' : `; ${excerpt(misspelt.name)} is not a known ${form.unit}`;
  faults.push({
    place: `${rule.place}/${name}`,
    reason: `is missing${hint}`,
    write: `at least one ${name}, such as ${example}`,
  });
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
    place: rule.place,
    reason: `has no valid ${name} and is dropped: it can match no request`,
    write: `at least one ${name}`,
  });
}
