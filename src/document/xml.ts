import type { Rule, RuleSet } from '../cors/rule.ts';
import type { Fault } from './fault.ts';
import { emptyGiven, type Given, type RawRule, type Stranger, shown, type Taken } from './raw.ts';
import { trimmed } from './value.ts';
import { fieldsByName, XML } from './words.ts';
import { type Element, parseXml } from './xmltext.ts';

const FIELDS = fieldsByName(XML);

const givenAt = (place: string, { text, problem, children: [nested] }: Element): Given => {
  const holds = nested && { reason: `holds the element ${shown(nested.name)}`, write: 'plain text' };
  const wrong = holds ?? problem;
  return { place, value: text, ...(wrong === undefined ? {} : { problem: wrong }) };
};

/** Numbers elements of one name from 1, as places do. */
const counter = () => {
  const seen = new Map<string, number>();
  return (name: string): string => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return `${shown(name)}[${count}]`;
  };
};

const strayText = (place: string, element: Element): readonly Fault[] => {
  const stray = trimmed(element.text);
  if (stray === '') return [];
  return [{ place, value: shown(stray), reason: 'text where only elements belong', write: 'elements only' }];
};

const ruleOf = (place: string, element: Element): RawRule => {
  const given = emptyGiven();
  const strangers: Stranger[] = [];
  const numbered = counter();
  for (const child of element.children) {
    const at = `${place}/${numbered(child.name)}`;
    const field = FIELDS.get(child.name);
    if (field === undefined) strangers.push({ place: at, name: child.name });
    else given[field].push(givenAt(at, child));
  }
  return { place, given, strangers };
};

/**
 * Takes an XML document apart. Its elements may stand in any namespace or none; a root other than CORSConfiguration
 * is refused.
 */
export const takeXml = (text: string): Taken => {
  const read = parseXml(text);
  if (!read.ok) return read;
  const { root } = read;
  if (root.name !== XML.root) {
    const reason = `the root element is ${shown(root.name)}`;
    const write = 'a document whose root element is CORSConfiguration';
    return { ok: false, fault: { place: 'document', reason, write } };
  }
  const rules: RawRule[] = [];
  const responseVary: Given[] = [];
  const strangers: Stranger[] = [];
  const faults: Fault[] = [...strayText(XML.root, root)];
  const numbered = counter();
  for (const child of root.children) {
    const place = numbered(child.name);
    if (child.name === XML.rule) {
      rules.push(ruleOf(place, child));
      faults.push(...strayText(place, child));
    } else if (child.name === XML.responseVary) {
      responseVary.push(givenAt(place, child));
    } else {
      strangers.push({ place, name: child.name });
    }
  }
  return { ok: true, raw: { words: XML, rules, responseVary, strangers, faults, fatal: [] } };
};

const escaped = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const ruleLines = (rule: Rule): readonly string[] => {
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
};

/**
 * Writes a rule set, as a document gave it, in one canonical way: equal rule sets give equal text. It carries
 * everything; ResponseVary only when true, as S3 and its relatives don't know it. Read again strictly it is the
 * same rule set, but for a set without rules, which only a store reading takes.
 */
export const toXml = (ruleSet: RuleSet): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<CORSConfiguration>',
    ...ruleSet.rules.flatMap(ruleLines),
    ...(ruleSet.responseVary ? ['  <ResponseVary>true</ResponseVary>'] : []),
    '</CORSConfiguration>',
    '',
  ].join('\n');
