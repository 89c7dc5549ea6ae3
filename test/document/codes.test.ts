import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Code, SEVERITIES } from '../../src/document/codes.ts';
import type { Fault, Reading } from '../../src/document/fault.ts';
import { readDocument } from '../../src/document/read.ts';
import { EXPECTED, readAndCheck } from './_documents.ts';
import { xml, xmlRule } from './_help.ts';

/** The codes of the document itself. */
type Own = Extract<Code, `BC0${string}`>;

const json = (fields: object): string =>
  JSON.stringify({ CORSRules: [{ AllowedOrigins: ['*'], AllowedMethods: ['GET'], ...fields }] });
const rule = '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>';

/** Documents that have this one fault. */
const DOCUMENTS: Readonly<Record<Own, readonly string[]>> = {
  BC001: [
    '',
    'words',
    '<CORSConfiguration>',
    '[1',
    json({ ID: 1 }),
    xmlRule('stray'),
    xmlRule('<ID>&no;</ID>'),
  ],
  BC002: [json({ Headers: ['a'] }), xmlRule('<AllowedHeaders>a</AllowedHeaders>')],
  BC003: ['{"CORSRules":[]}', xml('<CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>')],
  BC004: [json({ ID: '' }), json({ ExposeHeaders: null }), xmlRule('<AllowedHeader> </AllowedHeader>')],
  BC005: [json({}).replace('{"Al', '{"AllowedMethods":["GET"],"Al'), xmlRule('<ID>a</ID><ID>b</ID>')],
  BC006: [json({ AllowedOrigins: ['a*b*'] }), json({ AllowedHeaders: ['x-*-*'] })],
  BC007: [json({ AllowedMethods: ['get'] }), json({ AllowedMethods: ['GET', 'OPTIONS'] })],
  BC008: [json({ AllowedHeaders: ['x/a'] }), json({ ExposeHeaders: ['a,b'] })],
  BC009: [json({ ExposeHeaders: ['*'] }), xmlRule('<ExposeHeader>x-*</ExposeHeader>')],
  BC010: [json({ MaxAgeSeconds: -1 }), json({ MaxAgeSeconds: true })],
  BC011: [xml(`${rule}<ResponseVary>1</ResponseVary>`)],
  BC012: [xml(rule.repeat(101))],
  BC013: [json({ AllowedOrigins: ['https://a b'] }), json({ ID: 'a\u0001b' })],
};

const faultsIn = (text: string, reading: Reading): readonly Fault[] => {
  const read = readDocument(text, reading);
  return read.ok ? read.warnings : read.faults;
};

describe('a fault in a document has the code', () => {
  const rows = Object.entries(DOCUMENTS).flatMap(([code, texts]) =>
    texts.map((text) => [code, text] as const),
  );

  test.each(rows)('%s: %s', (code, text) => {
    const found = faultsIn(text, 'strict');
    expect(found.map((fault) => fault.code)).toEqual([code]);
    expect(found[0]?.severity).toBe(code === 'BC004' ? 'warning' : 'error');
  });

  test.each(rows)('%s also from a store: %s', (code, text) => {
    const [first] = faultsIn(text, 'store');
    if (first === undefined) return expect(text).toBe('{"CORSRules":[]}');
    expect(first.code).toBe(code);
  });

  test('and the table has every code of the document', () => {
    expect(Object.keys(DOCUMENTS)).toEqual(Object.keys(SEVERITIES).filter((code) => code.startsWith('BC0')));
  });
});

describe('no fault is found', () => {
  const clean = Object.keys(EXPECTED).filter((name) => EXPECTED[name]?.expect === 'read');
  test.each(clean)('in %s', (name) => {
    expect(readAndCheck(name).messages).toEqual([]);
  });

  const fixtures = ['oss.xml', 's3.xml', 'ossutil.json', 's3.json', 's3-console.json', 'r2.json', 'gcs.json'];
  test.each(fixtures)('in the sample %s, in either reading', (name) => {
    const text = readFileSync(new URL(`../fixtures/documents/${name}`, import.meta.url), 'utf8');
    expect(faultsIn(text, 'strict')).toEqual([]);
    expect(faultsIn(text, 'store')).toEqual([]);
  });
});
