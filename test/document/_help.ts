import { readFileSync } from 'node:fs';
import type { RuleSet } from '../../src/cors/rule.ts';
import type { Fault, Reading } from '../../src/document/fault.ts';
import { readDocument } from '../../src/document/read.ts';

export const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/documents/${name}`, import.meta.url), 'utf8');

/** A whole XML document around the content under test. */
export const xml = (inside: string): string => `<CORSConfiguration>${inside}</CORSConfiguration>`;

/** A document of one valid rule, with `fields` after its origin and method. */
export const xmlRule = (fields: string): string =>
  xml(
    `<CORSRule><AllowedOrigin>https://a.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod>${fields}</CORSRule>`,
  );

export const ruleSetOf = (text: string, reading: Reading = 'strict'): RuleSet => {
  const read = readDocument(text, reading);
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.ruleSet;
};

export const faultsOf = (text: string, reading: Reading = 'strict'): readonly Fault[] => {
  const read = readDocument(text, reading);
  if (read.ok) throw new Error(`not refused: ${JSON.stringify(read.ruleSet)}`);
  return read.faults;
};

export const warningsOf = (text: string, reading: Reading = 'store'): readonly Fault[] => {
  const read = readDocument(text, reading);
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.warnings;
};
