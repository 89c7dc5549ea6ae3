import type { Rule, RuleSet } from '../cors/rule.ts';
import type { Fault } from './fault.ts';
import { fieldsByName, XML } from './forms.ts';
import { emptyGiven, excerpt, type Given, type RawResult, type RawRule, type UnknownName } from './raw.ts';
import { trimmed } from './value.ts';
import { type Element, parseXml } from './xmltext.ts';

const FIELDS = fieldsByName(XML);

/**
 * Splits an XML document into its parts. Its elements may be in any namespace or in no namespace; a root other than
 * CORSConfiguration is refused.
 */
export function rawFromXml(text: string): RawResult {
  const read = parseXml(text);
  if (!read.ok) return read;
  const { root } = read;
  if (root.name !== XML.root) {
    const reason = `has the root element ${excerpt(root.name)}`;
    const write = 'a document whose root element is CORSConfiguration';
    return { ok: false, fault: { place: 'document', reason, write } };
  }
  const rules: RawRule[] = [];
  const responseVary: Given[] = [];
  const unknown: UnknownName[] = [];
  const faults: Fault[] = [...strayText(XML.root, root)];
  const numbered = counter();
  for (const child of root.children) {
    const place = numbered(child.name);
    if (child.name === XML.rule) {
      rules.push(rawRule(place, child));
      faults.push(...strayText(place, child));
    } else if (child.name === XML.responseVary) {
      responseVary.push(givenAt(place, child));
    } else {
      unknown.push({ place, name: child.name });
    }
  }
  return { ok: true, raw: { form: XML, rules, responseVary, unknown, faults, fatal: [] } };
}

function rawRule(place: string, element: Element): RawRule {
  const given = emptyGiven();
  const unknown: UnknownName[] = [];
  const numbered = counter();
  for (const child of element.children) {
    const at = `${place}/${numbered(child.name)}`;
    const field = FIELDS.get(child.name);
    if (field === undefined) unknown.push({ place: at, name: child.name });
    else given[field].push(givenAt(at, child));
  }
  return { place, given, unknown };
}

function givenAt(place: string, { text, problem, children: [nested] }: Element): Given {
  const wrong =
    nested === undefined
      ? problem
      : { reason: `contains the element ${excerpt(nested.name)}`, write: 'plain text' };
  return { place, value: text, ...(wrong === undefined ? {} : { problem: wrong }) };
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
  return [{ place, value: excerpt(stray), reason, write: 'elements only' }];
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
