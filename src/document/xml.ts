import type { Rule, RuleSet } from '../cors/rule.ts';
import type { Fault } from './fault.ts';
import { foreignRoot } from './foreign.ts';
import { type NamesOf, namesOf, XML_FORMS } from './forms.ts';
import type { Located } from './place.ts';
import { emptyGiven, excerpt, type Given, type RawResult, type RawRule, type UnknownName } from './raw.ts';
import { shown } from './shown.ts';
import { trimmed } from './value.ts';
import { type Element, parseXml } from './xmltext.ts';

/**
 * Splits an XML document into its parts. Its elements may be in any namespace or in no namespace; a root that no form of
 * `XML_FORMS` has is refused.
 */
export function rawFromXml(text: string): RawResult {
  const read = parseXml(text);
  if (!read.ok) return read;
  const { root } = read;
  const form = XML_FORMS.find((one) => one.root === root.name);
  if (form === undefined) return { ok: false, fault: foreignRoot(root.name) ?? otherRoot(root.name) };
  const names = namesOf(form);
  const rules: RawRule[] = [];
  const responseVary: Given[] = [];
  const unknown: UnknownName[] = [];
  const faults: Fault[] = [...strayText(form.root, root)];
  const numbered = counter();
  for (const child of root.children) {
    const where = { place: numbered(child.name), at: child.at };
    if (child.name === form.rule) rules.push(rawRule(where, child, names, faults));
    else if (child.name === form.responseVary) responseVary.push(givenAt(where, child));
    else unknown.push({ ...where, name: child.name });
  }
  return { ok: true, raw: { form, path: '', rules, responseVary, unknown, around: [], faults, fatal: [] } };
}

const otherRoot = (name: string): Fault => ({
  code: 'BC001',
  place: 'document',
  reason: `has the root element ${excerpt(name)}`,
  write: 'a document whose root element is CORSConfiguration',
});

function rawRule(where: Located, rule: Element, { fields, groups }: NamesOf, faults: Fault[]): RawRule {
  const given = emptyGiven();
  const unknown: UnknownName[] = [];
  const add = (place: string, group: string, element: Element): void => {
    faults.push(...strayText(place, element));
    const numbered = counter();
    for (const child of element.children) {
      const at = { place: `${place}/${numbered(child.name)}`, at: child.at };
      const name = group + child.name;
      const field = fields.get(name);
      if (field !== undefined) given[field].push(givenAt(at, child));
      else if (groups.has(name)) add(at.place, `${name}/`, child);
      else unknown.push({ ...at, name });
    }
  };
  add(where.place, '', rule);
  return { ...where, given, unknown };
}

function givenAt(where: Located, { text, problem, children: [nested] }: Element): Given {
  if (nested === undefined) return { ...where, value: text, ...(problem === undefined ? {} : { problem }) };
  const reason = `contains the element ${excerpt(nested.name)}`;
  return { ...where, value: text, problem: { code: 'BC001', reason, write: 'plain text' } };
}

/** Returns a function that numbers the elements of each name from 1: `CORSRule[2]`. */
function counter(): (name: string) => string {
  const seen = new Map<string, number>();
  return (name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return `${excerpt(name)}[${count}]`;
  };
}

function strayText(place: string, element: Element): readonly Fault[] {
  const stray = trimmed(element.text);
  if (stray === '') return [];
  const reason = 'is text where only elements are allowed';
  return [{ code: 'BC001', place, value: shown(stray), reason, write: 'elements only' }];
}

/**
 * Writes a rule set in one canonical form: equal rule sets give equal text. It carries every field; ResponseVary only
 * when true, because S3 and its relatives do not know it. A strict reading of it returns the same rule set, except
 * for a set without rules, which only a store reading accepts.
 */
export function toXml(ruleSet: RuleSet): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<CORSConfiguration>',
    ...ruleSet.rules.flatMap(ruleLines),
    ...(ruleSet.responseVary ? ['  <ResponseVary>true</ResponseVary>'] : []),
    '</CORSConfiguration>',
    '',
  ].join('\n');
}

function ruleLines(rule: Rule): readonly string[] {
  const element = (name: string, value: string) => `    <${name}>${escaped(value)}</${name}>`;
  return [
    '  <CORSRule>',
    ...rule.allowedOrigins.map((value) => element('AllowedOrigin', value)),
    ...rule.allowedMethods.map((value) => element('AllowedMethod', value)),
    ...rule.allowedHeaders.map((value) => element('AllowedHeader', value)),
    ...rule.exposeHeaders.map((value) => element('ExposeHeader', value)),
    ...(rule.maxAgeSeconds === undefined ? [] : [element('MaxAgeSeconds', String(rule.maxAgeSeconds))]),
    ...(rule.id === undefined ? [] : [element('ID', rule.id)]),
    '  </CORSRule>',
  ];
}

/** Escapes markup only: a checked rule set contains no character that XML cannot express (value.ts). */
function escaped(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
