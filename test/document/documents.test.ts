import { describe, expect, test } from 'vitest';
import type { RuleSet } from '../../src/cors/rule.ts';
import { decodeText } from '../../src/document/decode.ts';
import type { FormName } from '../../src/document/forms.ts';
import { bytesOf, EXPECTED, readAndCheck } from './_documents.ts';

describe("people's documents", () => {
  test('are 53', () => {
    expect(Object.keys(EXPECTED)).toHaveLength(53);
  });

  test.each(Object.entries(EXPECTED))('%s comes out as expected', (name, row) => {
    const { outcome, messages } = readAndCheck(name);
    expect({ outcome, messages }).toMatchObject({ outcome: row.expect });
  });

  test.each(Object.entries(EXPECTED))('%s: each message has a code, a line and a cure', (name) => {
    const { document, messages } = readAndCheck(name);
    const lines = decodeText(bytesOf(name)).split('\n').length;
    for (const message of messages) {
      expect(message.code).toMatch(/^BC0\d\d$/);
      expect(message.severity).toBe(document.ok ? 'warning' : 'error');
      expect(message.write).not.toBe('');
      expect(document.lineOf(message.place)).toBeGreaterThan(0);
      expect(document.lineOf(message.place)).toBeLessThanOrEqual(lines);
    }
  });
});

const one = (fields: Partial<RuleSet['rules'][number]>) => [
  { allowedHeaders: [], exposeHeaders: [], ...fields },
];

/** Documents in an envelope, under other names or in another encoding. */
const MEANINGS: Readonly<Record<string, readonly [FormName, readonly object[]]>> = {
  'g03-cors_config.json': [
    'gcs-list',
    one({
      allowedOrigins: ['https://t.web.app', 'http://localhost:*', 'http://127.0.0.1:*'],
      allowedMethods: ['GET', 'POST', 'PUT', 'DELETE'],
      allowedHeaders: ['Content-Type', 'x-goog-meta-*'],
      exposeHeaders: ['Content-Type'],
      maxAgeSeconds: 3600,
    }),
  ],
  'o03-wrapped-root.json': [
    'oss-json',
    one({
      allowedOrigins: ['*'],
      allowedMethods: ['GET', 'PUT'],
      allowedHeaders: ['*'],
      exposeHeaders: ['ETag'],
      maxAgeSeconds: 100,
    }),
  ],
  'r10-api-result.json': [
    'r2-json',
    one({
      id: 'Allow Local Development',
      allowedOrigins: ['http://localhost:3000'],
      allowedMethods: ['GET'],
      allowedHeaders: ['x-requested-by'],
      exposeHeaders: ['Content-Encoding'],
      maxAgeSeconds: 3600,
    }),
  ],
  's02-cli-input-json.json': [
    's3-json',
    one({ allowedOrigins: ['*'], allowedMethods: ['GET'], allowedHeaders: ['*'], maxAgeSeconds: 3000 }),
  ],
  's04-cfn-inner.json': [
    'cfn',
    one({
      allowedOrigins: ['https://example.test'],
      allowedMethods: ['GET', 'PUT'],
      allowedHeaders: ['*'],
      exposeHeaders: ['ETag'],
      maxAgeSeconds: 3600,
    }),
  ],
  's09-camel-singular-list.json': [
    'ali-oss',
    one({
      allowedOrigins: ['https://i.example', 'https://www.i.example'],
      allowedMethods: ['GET', 'HEAD'],
      allowedHeaders: ['*'],
      exposeHeaders: ['ETag', 'Content-Length', 'Content-Type'],
      maxAgeSeconds: 3600,
    }),
  ],
  's10-CORSConfiguration-list.json': [
    's3-list',
    one({ allowedOrigins: ['*'], allowedMethods: ['GET', 'HEAD'], allowedHeaders: ['*'] }),
  ],
  's12-boto3-response.json': [
    's3-json',
    one({
      allowedOrigins: ['https://a.example'],
      allowedMethods: ['GET'],
      allowedHeaders: ['*'],
      maxAgeSeconds: 3000,
    }),
  ],
  's13-go-nulls.json': [
    's3-json',
    one({ allowedOrigins: ['https://a.example'], allowedMethods: ['GET'], maxAgeSeconds: 3000 }),
  ],
  's14-cli-skeleton-empties.json': [
    's3-json',
    one({
      allowedOrigins: ['https://a.example'],
      allowedMethods: ['GET'],
      allowedHeaders: ['*'],
      maxAgeSeconds: 0,
    }),
  ],
  's21-utf16le-powershell.json': [
    's3-json',
    one({
      allowedOrigins: ['https://d3b.cloudfront.example'],
      allowedMethods: ['PUT', 'GET', 'HEAD'],
      allowedHeaders: ['*'],
      exposeHeaders: ['ETag'],
      maxAgeSeconds: 3000,
    }),
  ],
  'x08-gcs-corsconfig.xml': [
    'gcs-xml',
    one({
      allowedOrigins: ['http://www.example.org', 'https://www.example.org'],
      allowedMethods: ['GET', 'HEAD'],
      maxAgeSeconds: 1800,
    }),
  ],
  'x11-s3rver-empty-both.xml': ['xml', one({ allowedOrigins: ['*'], allowedMethods: ['GET'] })],
  ...Object.fromEntries(
    ['x20-utf16le.xml', 'x21-utf16be.xml', 'x22-gbk-comment.xml'].map((name) => [
      name,
      [
        'xml',
        one({
          allowedOrigins: ['https://*.example.org'],
          allowedMethods: ['POST', 'GET'],
          allowedHeaders: ['*'],
          maxAgeSeconds: 3000,
        }),
      ],
    ]),
  ),
};

describe('the rules of a document', () => {
  test.each(Object.entries(MEANINGS))('%s are read whole', (name, [form, rules]) => {
    const { document } = readAndCheck(name);
    expect(document).toMatchObject({ ok: true, form });
    expect(document.ok && document.ruleSet).toEqual({ rules, responseVary: false });
  });
});
