import { describe, expect, test } from 'vitest';
import { type Fault, faultLine, faultText } from '../../src/document/fault.ts';
import { readDocument } from '../../src/document/read.ts';
import { EXPECTED, readAndCheck } from './_documents.ts';

const S3_CURE = expect.stringContaining('{"CORSRules": [{"AllowedOrigins": [');
const absent = (place: string) => ({
  code: 'BC004' as const,
  place,
  reason: expect.stringMatching(/^is (?:null|empty) and counts as absent$/),
  write: 'a value, or leave it out',
});
const unknown = (place: string, write: string) => ({
  code: 'BC002' as const,
  place,
  value: place.replace(/^.*\/(\w+).*?$/, '$1'),
  write,
});

/** The essence of each message: where, what is there, and what to write. */
const MESSAGES: Readonly<Record<string, readonly (Partial<Fault> & { readonly line: number })[]>> = {
  'b01-b2-list.json': [
    { line: 1, place: 'document', reason: expect.stringContaining('Backblaze B2'), write: S3_CURE },
  ],
  'b04-b2-origin-https.json': [
    { line: 1, place: 'document', reason: expect.stringContaining('not methods of HTTP'), write: S3_CURE },
  ],
  'g01-options.json': [{ line: 1, code: 'BC007', place: '[1]/method[3]', value: 'OPTIONS' }],
  'g02-patch.json': [
    {
      line: 4,
      code: 'BC007',
      place: '[1]/method[4]',
      value: 'PATCH',
      reason: 'is left out: rules allow only GET, PUT, DELETE, POST, HEAD',
    },
  ],
  'g05-odd-origins.json': [{ line: 5, place: '[1]/method[6]', value: 'OPTIONS' }],
  'g06-star-header.json': [
    { line: 1, place: '[1]/method[6]', value: 'OPTIONS' },
    { line: 1, code: 'BC009', place: '[1]/responseHeader[1]', value: '*' },
  ],
  'g07-empty-list.json': [
    {
      line: 1,
      code: 'BC003',
      place: 'document',
      reason: 'has no rule',
      write: expect.stringMatching(/if no origin may read.*https:\/\/none\.invalid/),
    },
  ],
  'g09-only-options.json': [
    { line: 1, code: 'BC003', place: '[1]/method', reason: 'is missing: OPTIONS is left out' },
  ],
  'g10-gsutil-get-stars.json': [{ line: 1, place: '[1]/responseHeader[1]', value: '*' }],
  'o02-ossutil-yaml-output.yaml': [
    {
      line: 1,
      place: 'document',
      reason: 'is YAML, which is not read',
      write: expect.stringContaining('--output-format json'),
    },
  ],
  'o04-aliyun-tf.json': [
    { line: 1, code: 'BC007', place: 'CORSRule[1]/AllowedMethod[1]', value: 'get', write: 'GET' },
    { line: 1, code: 'BC007', place: 'CORSRule[1]/AllowedMethod[2]', value: 'put', write: 'PUT' },
  ],
  'r02-exposed-maxAge.json': [
    { line: 9, ...unknown('rules[1]/exposed', 'exposeHeaders') },
    { line: 10, ...unknown('rules[1]/maxAge', 'maxAgeSeconds') },
  ],
  'r07-rules-with-s3-keys.json': [
    { line: 3, place: 'rules', write: 'CORSRules instead of rules, or the keys below' },
    { line: 3, place: 'rules[1]/allowed/origins', reason: 'is missing; AllowedOrigins is not a known key' },
    { line: 3, place: 'rules[1]/allowed/methods', reason: 'is missing; AllowedMethods is not a known key' },
    { line: 4, ...unknown('rules[1]/AllowedOrigins', 'allowed/origins') },
    { line: 5, ...unknown('rules[1]/AllowedMethods', 'allowed/methods') },
    { line: 6, ...unknown('rules[1]/AllowedHeaders', 'allowed/headers') },
    { line: 7, ...unknown('rules[1]/ExposeHeaders', 'exposeHeaders') },
    { line: 8, ...unknown('rules[1]/MaxAgeSeconds', 'maxAgeSeconds') },
  ],
  's01-options.json': [
    {
      line: 5,
      code: 'BC007',
      place: 'CORSRules[1]/AllowedMethods[4]',
      value: 'OPTIONS',
      write: 'the list without it: preflights need no rule for OPTIONS',
    },
  ],
  's13-go-nulls.json': [
    { line: 1, ...absent('CORSRules[1]/AllowedHeaders[1]') },
    { line: 1, ...absent('CORSRules[1]/ExposeHeaders[1]') },
    { line: 1, ...absent('CORSRules[1]/ID') },
  ],
  's14-cli-skeleton-empties.json': [
    { line: 1, ...absent('CORSRules[1]/ExposeHeaders[1]') },
    { line: 1, ...absent('CORSRules[1]/ID') },
  ],
  's15-apigw.json': [
    { line: 1, place: 'document', reason: expect.stringContaining('API gateway'), write: S3_CURE },
  ],
  's18-comma-methods.json': [
    {
      line: 1,
      code: 'BC007',
      place: '[1]/AllowedMethods[1]',
      value: 'GET,PUT',
      write: 'each as its own value: "GET", "PUT"',
    },
    {
      line: 1,
      code: 'BC008',
      place: '[1]/AllowedHeaders[1]',
      value: 'Content-Type,Authorization',
      write: 'each as its own value: "Content-Type", "Authorization"',
    },
    {
      line: 1,
      code: 'BC008',
      place: '[1]/ExposeHeaders[1]',
      value: 'ETag, Content-Length',
      write: 'each as its own value: "ETag", "Content-Length"',
    },
  ],
  'x01-plural.xml': [{ line: 7, ...unknown('CORSRule[1]/AllowedHeaders[1]', 'AllowedHeader') }],
  'x02-s3rver-options.xml': [
    { line: 8, code: 'BC007', place: 'CORSRule[1]/AllowedMethod[5]', value: 'OPTIONS' },
  ],
  'x10-oss-cpp-empty-expose.xml': [{ line: 14, ...absent('CORSRule[2]/ExposeHeader[1]') }],
  'x11-s3rver-empty-both.xml': [
    { line: 3, ...absent('CORSRule[1]/AllowedHeader[1]') },
    { line: 6, ...absent('CORSRule[1]/ExposeHeader[1]') },
  ],
  'x12-cos-empty-id.xml': [{ line: 3, ...absent('CORSRule[1]/ID[1]') }],
  'x13-moto-ExposedHeader.xml': [{ line: 7, ...unknown('CORSRule[1]/ExposedHeader[1]', 'ExposeHeader') }],
  'x18-ossutil-stdout-elapsed.xml': [
    {
      line: 11,
      code: 'BC001',
      place: 'line 11, column 1',
      value: '0.212407(s) elapsed',
      write: 'the document without it: it ends with its root element',
    },
  ],
  'z01-azure.xml': [
    { line: 1, place: 'document', reason: expect.stringContaining('Azure Storage'), write: S3_CURE },
  ],
};

describe('a value in a message', () => {
  test.each([
    ['https://u:p4ss@x https://b', 'https://…@x https://b'],
    ['https://a https://u:p4ss@x', 'https://…@x'],
    ['https://u:p4/s?s@x https://b', 'https://…@x https://b'],
    ['u:p4ss@x https://b', '…@x https://b'],
    ['https://a/?token=p4ss https://b', 'https://a/?…'],
  ])('has no password and no query: %s', (origin, value) => {
    const rules = [{ AllowedOrigins: [origin], AllowedMethods: ['GET'] }];
    const read = readDocument(JSON.stringify(rules), 'strict');
    if (read.ok) throw new Error('the document is valid');
    expect(read.faults).toMatchObject([{ code: 'BC013', value }]);
    expect(JSON.stringify(read.faults)).not.toContain('p4');
  });

  test('commands no terminal', () => {
    const [ESC, CSI, RLO] = ['\u001b', '\u009b', '\u202e'];
    const fault = { place: `a${ESC}[2J`, value: `b${CSI}2J`, reason: `c${RLO}`, write: 'd\ne' };
    expect(faultText(fault)).toBe('a\\u001b[2J "b\\u009b2J" c\\u202e; write d\\u000ae');
    expect(faultLine([fault])).toBe('a\\u001b[2J "b\\u009b2J" c\\u202e: write d\\u000ae');
  });
});

describe('the messages about a document say where, what and what to write', () => {
  const speaking = Object.keys(EXPECTED).filter((name) => readAndCheck(name).messages.length > 0);

  test('and the table below has each document with a message', () => {
    expect(Object.keys(MESSAGES).sort()).toEqual(speaking.sort());
  });

  test.each(Object.entries(MESSAGES))('%s', (name, expected) => {
    const { document, messages } = readAndCheck(name);
    expect(messages.map((one) => ({ ...one, line: document.lineOf(one.place) }))).toMatchObject([
      ...expected,
    ]);
  });
});
