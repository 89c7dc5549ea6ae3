import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SEVERITIES } from '../../src/document/codes.ts';
import { decodeText } from '../../src/document/decode.ts';
import { readDocument } from '../../src/document/read.ts';
import { bytesOf, EXPECTED } from './_documents.ts';

const TEXTS = Object.keys(EXPECTED).map((name) => decodeText(bytesOf(name)));
const PIECES = [
  '',
  '"',
  ',',
  '[',
  '{',
  '}',
  ']',
  'null',
  '""',
  '<',
  '>',
  '/',
  '*',
  '\n',
  'CORSRules',
  'OPTIONS',
  ' ',
];

/** A document with a few characters replaced. */
const mutated = fc
  .tuple(
    fc.constantFrom(...TEXTS),
    fc.array(
      fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 12 }), fc.constantFrom(...PIECES)),
      {
        maxLength: 3,
      },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((edited, [where, length, piece]) => {
      const at = Math.floor(where * edited.length);
      return edited.slice(0, at) + piece + edited.slice(at + length);
    }, text),
  );

test('a damaged document is read or refused; each message has a kind, a line in the text, and a cure', () => {
  fc.assert(
    fc.property(mutated, (text) => {
      const strict = readDocument(text, 'strict');
      const store = readDocument(text, 'store');
      if (strict.ok) expect(store).toMatchObject({ ok: true, ruleSet: strict.ruleSet, form: strict.form });
      const lines = text.split('\n').length;
      for (const read of [strict, store]) {
        const messages = read.ok ? read.warnings : read.faults;
        expect(read.ok || messages.length > 0).toBe(true);
        for (const { code, severity, place, write } of messages) {
          expect(SEVERITIES).toHaveProperty(code ?? '');
          expect(['error', 'warning']).toContain(severity);
          expect(write).not.toBe('');
          const line = read.lineOf(place) ?? 0;
          expect(line >= 1 && line <= lines).toBe(true);
        }
      }
    }),
    { numRuns: 2000 },
  );
});
