import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeEntry, encodeEntry, HEAD_LENGTH, MAX_ENTRY_BYTES } from '../../src/rules/register-entry.ts';
import { rulesFor } from '../node/transport/_store.ts';

const REVISION = '0f0f0f0f-1111-2222-3333-444444444444';
const ENTRY = { document: rulesFor('https://a.example'), writer: 'LTAIwriter', writtenAt: 1_700_000_000_000 };
const text = encodeEntry('b', ENTRY, REVISION);
const changed = (change: object): string => JSON.stringify({ ...JSON.parse(text), ...change });

const DAMAGED: readonly (readonly [name: string, text: string, fault: RegExp])[] = [
  ['nothing', '', /incomplete/],
  ['half an entry', text.slice(0, 100), /incomplete/],
  ['zeros', '\0'.repeat(text.length), /incomplete/],
  ['two entries', text + text, /incomplete/],
  ['a list', '[]', /incomplete/],
  ['another format', changed({ format: 2 }), /not of format 1/],
  ['the entry of another bucket', changed({ bucket: 'c' }), /another bucket/],
  ['no revision', changed({ revision: '' }), /revision/],
  ['a writer that is no text', changed({ writer: 7 }), /writer/],
  ['a writer with a line break', changed({ writer: 'a\nb' }), /writer/],
  ['no time', changed({ writtenAt: '2026' }), /time/],
  ['a time before 1970', changed({ writtenAt: -1 }), /time/],
  ['no document and no deletion', changed({ document: undefined }), /document/],
  ['an empty document', changed({ document: '' }), /document/],
  ['a document in JSON', changed({ document: '{"CORSRules":[]}' }), /document/],
  ['half a document', changed({ document: ENTRY.document.slice(0, 60) }), /document/],
  [
    'a document with an unknown method',
    changed({ document: ENTRY.document.replace('GET', 'COPY') }),
    /document/,
  ],
  ['more than the limit', text + ' '.repeat(MAX_ENTRY_BYTES), /over \d+ bytes/],
];

describe('an entry of the register', () => {
  test.each(DAMAGED)('is refused with %s', (_, damaged, fault) => {
    expect(decodeEntry('b', damaged)).toEqual({ fault: expect.stringMatching(fault) });
  });

  test('is read as it was written, for any bucket, time and deletion', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
        fc.nat(),
        fc.constantFrom(null, ENTRY.document),
        (bucket, writtenAt, document) => {
          const entry = { document, writer: 'LTAIwriter', writtenAt };
          expect(decodeEntry(bucket, encodeEntry(bucket, entry, REVISION))).toEqual({
            ...entry,
            revision: REVISION,
          });
        },
      ),
    );
  });

  test('is not written if it could not be read', () => {
    const write = () => encodeEntry('b', { ...ENTRY, document: 'no rules' }, REVISION);
    expect(write).toThrow('the entry would be without a valid rules document');
  });

  test('has its revision within its head', () => {
    expect(text.slice(0, HEAD_LENGTH)).toBe(`{"format":1,"revision":"${REVISION}`);
  });
});
