import { describe, expect, test } from 'vitest';
import { readDocument } from '../../src/document/read.ts';
import { faultsOf, ruleSetOf, warningsOf } from './_help.ts';

const s3 = { AllowedOrigins: ['https://a.example'], AllowedMethods: ['GET'] };
const oss = { AllowedOrigin: 'https://a.example', AllowedMethod: 'GET' };
const r2 = { allowed: { origins: ['https://a.example'], methods: ['GET'] } };
const gcs = { origin: ['https://a.example'], method: ['GET'] };
const ali = { allowedOrigin: ['https://a.example'], allowedMethod: ['GET'] };
const meant = {
  rules: [
    { allowedOrigins: ['https://a.example'], allowedMethods: ['GET'], allowedHeaders: [], exposeHeaders: [] },
  ],
  responseVary: false,
};

describe('rules inside what a tool puts around them', () => {
  test.each<[string, unknown, string]>([
    ['the input of the AWS command line', { Bucket: 'b', CORSConfiguration: { CORSRules: [s3] } }, 's3-json'],
    ['the answer of the AWS SDK for JavaScript', { $metadata: { attempts: 1 }, CORSRules: [s3] }, 's3-json'],
    ['a property of a CloudFormation template', { CorsConfiguration: { CorsRules: [s3] } }, 'cfn'],
    [
      'a resource of a CloudFormation template',
      { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'b', CorsConfiguration: { CorsRules: [s3] } } },
      'cfn',
    ],
    ['XML turned into JSON', { CORSConfiguration: { CORSRule: oss, ResponseVary: 'false' } }, 'oss-json'],
    ['the answer of the R2 API', { success: true, errors: [], result: { rules: [r2] } }, 'r2-json'],
    ['a bucket that gcloud describes', { name: 'b', etag: 'x', cors_config: [gcs] }, 'gcs-list'],
    ['the result of ali-oss', { rules: [ali], res: { status: 200 } }, 'ali-oss'],
    [
      'the argument of ali-oss, with single values',
      [{ allowedOrigin: 'https://a.example', allowedMethod: 'GET' }],
      'ali-oss',
    ],
  ])('are read without a warning: %s', (_name, document, form) => {
    for (const reading of ['strict', 'store'] as const) {
      const read = readDocument(JSON.stringify(document), reading);
      expect(read).toMatchObject({ ok: true, form, ruleSet: meant, warnings: [] });
    }
  });

  test.each<[string, unknown, object]>([
    [
      'a second list of rules beside the first',
      { CORSConfiguration: { CORSRules: [s3] }, CORSRule: [oss] },
      { place: 'CORSRule', value: 'CORSRule', write: 'CORSRules inside CORSConfiguration' },
    ],
    [
      'a field of the form outside',
      { CORSConfiguration: { CORSRule: [oss] }, ResponseVary: true },
      { place: 'ResponseVary', write: 'ResponseVary inside CORSConfiguration' },
    ],
    [
      'an unknown key inside',
      { result: { rules: [r2], ResponseVary: true } },
      { place: 'result/ResponseVary', value: 'ResponseVary' },
    ],
    [
      'a fault in a value',
      { Properties: { CorsConfiguration: { CorsRules: [{ ...s3, MaxAge: -1 }] } } },
      { place: 'Properties/CorsConfiguration/CorsRules[1]/MaxAge', value: '-1' },
    ],
    [
      "a name of S3's among CloudFormation's",
      { CorsRules: [{ ...s3, ExposeHeaders: ['ETag'] }] },
      { place: 'CorsRules[1]/ExposeHeaders', write: 'ExposedHeaders' },
    ],
    ['no rule', { CORSConfiguration: [] }, { place: 'CORSConfiguration', reason: 'has no rule' }],
    [
      'a rule that is text',
      { cors_config: ['*'] },
      { place: 'cors_config[1]', reason: 'is text where a rule is expected' },
    ],
  ])('are refused for %s', (_name, document, fault) => {
    expect(faultsOf(JSON.stringify(document))).toMatchObject([fault]);
  });

  test('OPTIONS and prefixes in what gcloud prints are no mistake, but what is lost there is named', () => {
    const responseHeader = ['x-goog-meta-*', '*'];
    const described = { cors_config: [{ ...gcs, method: ['GET', 'OPTIONS', 'PATCH'], responseHeader }] };
    expect(warningsOf(JSON.stringify(described), 'strict')).toMatchObject([
      { code: 'BC007', place: 'cors_config[1]/method[3]', value: 'PATCH' },
      { code: 'BC009', place: 'cors_config[1]/responseHeader[2]', value: '*' },
    ]);
  });
});

describe('a key that another form, store or tool has', () => {
  test.each([
    ['Terraform', { CORSRules: [{ ...s3, allowed_headers: ['x-a'] }] }, 'AllowedHeaders'],
    ['R2', { CORSRules: [{ ...s3, exposeHeaders: ['x-a'] }] }, 'ExposeHeaders'],
    ['CloudFormation', { CORSRules: [{ ...s3, MaxAge: 5 }] }, 'MaxAgeSeconds'],
    ['Azure', { CORSRules: [{ ...s3, MaxAgeInSeconds: 5 }] }, 'MaxAgeSeconds'],
    ['S3', [{ ...gcs, ExposeHeaders: ['x-a'] }], 'responseHeader'],
    ['S3 in a list of ali-oss', [{ ...ali, ExposeHeaders: ['x-a'] }], 'exposeHeader'],
    ['HTTP', { rules: [{ ...r2, 'Access-Control-Max-Age': 5 }] }, 'maxAgeSeconds'],
  ])('of %s is refused with the right one', (_name, document, write) => {
    expect(faultsOf(JSON.stringify(document))).toMatchObject([{ code: 'BC002', write }]);
  });

  test.each([
    ['CORSRules', { cors: [s3] }],
    ['CORSRule', { CORSRules: [oss] }],
    ['cors', { rules: [gcs] }],
    ['rules', { CORSRules: [r2] }],
  ])('around rules of another form is refused, and %s is named', (key, document) => {
    const [first] = faultsOf(JSON.stringify(document));
    expect(first).toMatchObject({
      place: Object.keys(document)[0],
      reason: `has rules with the keys of ${key}`,
      write: expect.stringMatching(`^${key} instead of `),
    });
  });

  test.each([
    ['without a key', { rules: [{}] }],
    ['with a key of the right form', { rules: [{ ...s3, id: 'a' }] }],
    ['with a key of no form', { rules: [{ ...s3, other: 1 }] }],
  ])('is not assumed for rules %s', (_name, document) => {
    expect(faultsOf(JSON.stringify(document))[0]?.place).not.toBe('rules');
  });

  test.each([
    ['ResponseVary', 'the document without it'],
    ['MaxAgeSeconds', 'MaxAgeSeconds in each rule'],
    ['CORSRule', 'CORSRules inside CORSConfiguration'],
  ])('beside an envelope is refused in a strict reading: %s', (key, write) => {
    const text = JSON.stringify({ CORSConfiguration: { CORSRules: [s3] }, [key]: true });
    expect(faultsOf(text)).toMatchObject([
      { code: 'BC002', place: key, reason: 'is beside CORSConfiguration, and is not read there' },
    ]);
    expect(faultsOf(text)[0]?.write).toContain(write);
    expect(readDocument(text, 'store')).toMatchObject({ ok: true, warnings: [{ place: key }] });
  });

  test('around all rules may be misspelt: the right one is named', () => {
    expect(faultsOf('{"CORSRuls":[]}')).toMatchObject([
      { place: 'document', write: 'CORSRules instead of CORSRuls' },
    ]);
  });
});

describe("Google's own XML", () => {
  const cors = (inside: string): string =>
    `<CorsConfig><Cors><Origins><Origin>https://a.example</Origin></Origins><Methods><Method>GET</Method></Methods>${inside}</Cors></CorsConfig>`;

  test('means the same as its JSON', () => {
    const text = cors(
      '<ResponseHeaders><ResponseHeader>x-a</ResponseHeader></ResponseHeaders><MaxAgeSec>9</MaxAgeSec>',
    );
    const json = JSON.stringify([{ ...gcs, responseHeader: ['x-a'], maxAgeSeconds: 9 }]);
    expect(ruleSetOf(text)).toEqual(ruleSetOf(json));
    expect(warningsOf(text, 'strict')).toEqual([]);
  });

  test.each([
    [
      'an element of S3',
      '<ExposeHeader>x-a</ExposeHeader>',
      'Cors[1]/ExposeHeader[1]',
      'ResponseHeaders/ResponseHeader',
    ],
    ['a value outside its group', '<Origin>*</Origin>', 'Cors[1]/Origin[1]', 'Origins/Origin'],
    ['a slip', '<MaxAgeSecs>9</MaxAgeSecs>', 'Cors[1]/MaxAgeSecs[1]', 'MaxAgeSec'],
    [
      'text in a group',
      '<ResponseHeaders>x-a</ResponseHeaders>',
      'Cors[1]/ResponseHeaders[1]',
      'elements only',
    ],
  ])('is refused for %s', (_name, inside, place, write) => {
    expect(faultsOf(cors(inside))).toMatchObject([{ place, write }]);
  });
});

describe('a document of another service', () => {
  test.each([
    ['Backblaze', '{"corsRules":[{"corsRuleName":"a","allowedOperations":["s3_get"]}]}', /Backblaze B2/],
    [
      'Azure',
      '[{"Service":"blob","AllowedOrigins":"*","ExposedHeaders":"*","MaxAgeInSeconds":5,"AllowedMethods":"GET"}]',
      /Azure Storage/,
    ],
    ['a function', '{"Cors":{"AllowOrigins":["*"],"AllowMethods":["GET"]}}', /API gateway or a function/],
    ['Terraform', 'resource "aws_s3_bucket_cors_configuration" "b" {\n  bucket = "b"\n}', /HCL of Terraform/],
    ['YAML in a list', '- AllowedOrigins:\n    - "*"\n', /YAML/],
    ['YAML behind a comment', '# rules\ncors:\n- origin: ["*"]\n', /YAML/],
    ['YAML in a document', '---\nCORSRules: []\n', /YAML/],
    ["a store's error", '<Error><Code>AccessDenied</Code></Error>', /Error document of a store/],
  ])('is refused by its name: %s', (_name, text, reason) => {
    for (const reading of ['strict', 'store'] as const) {
      const faults = faultsOf(text, reading);
      expect(faults).toMatchObject([{ code: 'BC001', place: 'document' }]);
      expect(faults[0]?.reason).toMatch(reason);
    }
  });

  test.each(['https://a.example/cors.json', 'allow everything', 'C:\\rules.json', '*'])(
    'is not seen in %j',
    (text) => {
      expect(faultsOf(text)).toMatchObject([{ reason: 'is neither XML nor JSON' }]);
    },
  );

  test('is not seen in rules under a key of S3: there only the one key is wrong', () => {
    expect(faultsOf(JSON.stringify({ CORSRules: [{ ...s3, allowedOperations: [] }] }))).toMatchObject([
      { code: 'BC002', place: 'CORSRules[1]/allowedOperations' },
    ]);
  });
});
