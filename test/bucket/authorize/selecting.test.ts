import { expect, test } from 'vitest';
import { commandingHeader } from '../../../src/bucket/authorize/headers.ts';
import { selectingParameter } from '../../../src/bucket/authorize/parameters.ts';

const watermark = Buffer.from('private/a.png').toString('base64url');

test.each([
  ['no query', '/a'],
  ['an empty query', '/a?'],
  ['a version for caches', '/a?v=3'],
  ['a parameter without a value', '/a?20260101'],
  ['the name of the call, which SDKs add', '/a?x-id=GetObject'],
  ['a resized image', '/a?x-oss-process=image/resize,w_100'],
  ['several steps for an image', '/a?x-oss-process=image/resize,m_fill,w_1,h_2/quality,q_80/format,webp'],
  ['a watermark of text', '/a?x-oss-process=image/watermark,text_SGVsbG8,g_se'],
  ['values without names', '/a?x-oss-process=image/bright,-50/rotate,90/format,jpg/average-hue'],
  ['a style of the bucket', '/a?x-oss-process=style/small'],
  ['a frame of a video', '/a?x-oss-process=video/snapshot,t_1000,f_jpg'],
  ['an encoded value', '/a?x-oss-process=image%2Fresize%2Cw_1'],
  ['a name that only begins like a subresource', '/a?aclx=1'],
  ['a value that is a subresource', '/a?v=acl'],
])('passes %s', (_, target) => {
  expect(selectingParameter(target)).toBeNull();
});

test.each<readonly [what: string, target: string, name: string]>([
  ...`acl attributes cors delete encryption legal-hold list-type location logging object-lock objectMeta partNumber policy
    restore retention select stat symlink tagging torrent uploadId uploads versionId versioning versions website
    response-content-type response-content-disposition response-expires x-oss-acl x-oss-ac-source-ip x-amz-acl
    X-Amz-Signature X-Amz-Security-Token x-oss-signature x-oss-async-process x-oss-traffic-limit OSSAccessKeyId Signature
    security-token callback ci-process generation rgwx-stat lambdaArn q-signature`
    .split(/\s+/)
    .map((name) => [name, `/a?v=3&${name}=1`, name.toLowerCase()] as const),
  ['a subresource without a value', '/a?acl', 'acl'],
  ['a subresource in capitals', '/a?ACL', 'acl'],
  ['an encoded name', '/a?%61cl', 'acl'],
  ['an encoded hyphen', '/a?response%2Dcontent-type=text/html', 'response-content-type'],
  ['a blank before the name', '/a?+acl', 'acl'],
  ['a NUL in the name', '/a?acl%00', 'acl'],
  ['a semicolon between parameters', '/a?v=3;acl', 'acl'],
  ['a watermark of another object', `/a?x-oss-process=image/watermark,image_${watermark}`, 'x-oss-process'],
  [
    'another object in a later step',
    `/a?x-oss-process=image/resize,w_1/watermark,g_se,image_${watermark}`,
    'x-oss-process',
  ],
  ['an answer that is stored', '/a?x-oss-process=image/resize,w_1|sys/saveas,o_YQ', 'x-oss-process'],
  ['URLs that are signed', '/a?x-oss-process=hls/sign', 'x-oss-process'],
  ['a document’s preview', '/a?x-oss-process=doc/preview', 'x-oss-process'],
  ['a step in other letters', '/a?x-oss-process=image/watermark,IMAGE_YQ/blend,image_YQ', 'x-oss-process'],
  ['another object behind a blank', '/a?x-oss-process=image/watermark,%20image_YQ', 'x-oss-process'],
  ['another object in capitals', '/a?x-oss-process=image/watermark,IMAGE_YQ', 'x-oss-process'],
  ['another object that is encoded twice', '/a?x-oss-process=image/watermark,%2569mage_YQ', 'x-oss-process'],
  ['an unknown step', '/a?x-oss-process=image/blend,a_1', 'x-oss-process'],
  ['an empty process', '/a?x-oss-process=', 'x-oss-process'],
  ['a second process', '/a?x-oss-process=style/a&x-oss-process=hls/sign', 'x-oss-process'],
])('names %s', (_, target, name) => {
  expect(selectingParameter(target)).toBe(name);
});

test.each([
  [
    'the headers of a browser',
    ['Accept', '*/*', 'Range', 'bytes=0-1', 'If-None-Match', '"a"', 'Cookie', 'a=b'],
  ],
  ['a range by the standard', ['x-oss-range-behavior', 'standard']],
  ['a checksum', ['X-Amz-Checksum-Mode', 'ENABLED']],
  ['the client’s own key for the object', ['x-amz-server-side-encryption-customer-key', 'a2V5']],
  ['the id of a CDN', ['X-Amz-Cf-Id', 'abc']],
  ['the name of an SDK', ['x-amz-user-agent', 'aws-sdk-js/3', 'x-oss-user-agent', 'aliyun-sdk-js']],
  ['a trace id', ['X-Amzn-Trace-Id', 'Root=1']],
  [
    'what describes the client’s way',
    ['X-Forwarded-Host', 'a', 'X-Original-Host', 'a', 'X-Original-For', '::1', 'X-Methods', 'a'],
  ],
])('passes %s', (_, headers) => {
  expect(commandingHeader(headers)).toBeNull();
});

test.each([
  'x-amz-security-token',
  'x-amz-request-payer',
  'x-amz-copy-source',
  'x-amz-acl',
  'X-OSS-Object-Acl',
  'x-oss-security-token',
  'x-oss-process',
  'x_amz_acl',
  'x-obs-acl',
  'x-cos-acl',
  'x-goog-user-project',
  'x-minio-source-mtime',
  'X-HTTP-Method-Override',
  'X-HTTP-Method',
  'X-Method-Override',
  'X-Method',
  'X-Original-URL',
  'X_Original-Url',
  'X-Original-URI',
  'X-Original-Method',
  'X-Rewrite-URL',
  'X-Rewrite-URI',
  'X-Override-URL',
])('names the header %s', (name) => {
  expect(commandingHeader(['Accept', '*/*', name, 'value'])).toBe(name.toLowerCase().replaceAll('_', '-'));
});
