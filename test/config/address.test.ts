import { expect, test } from 'vitest';
import { parseBucket } from '../../src/config/place.ts';

type Refusal = readonly [text: string, reason: RegExp, write: RegExp];

const REFUSED: readonly Refusal[] = [
  ['', /empty/, /oss:\/\/.*s3:\/\/.*folder/],
  ['  ', /empty/, /folder/],
  ['oss://', /no name/, /oss:\/\/my-bucket\?region=/],
  ['oss:media', /no name/, /oss:\/\/my-bucket\?region=/],
  ['s3://?region=eu-central-1', /no name/, /s3:\/\/my-bucket\?region=/],
  ['s3://m', /no name/, /s3:\/\/my-bucket/],
  [`oss://${'m'.repeat(64)}?region=cn-hangzhou`, /no name/, /oss:\/\/my-bucket/],
  ['oss://media/key?region=cn-hangzhou', /no name/, /oss:\/\/my-bucket/],
  ['oss://media:80?region=cn-hangzhou', /no name/, /oss:\/\/my-bucket/],
  ['oss://media?region=cn-hangzhou#top', /no name/, /oss:\/\/my-bucket/],
  ['oss://med_ia?region=cn-hangzhou', /no name/, /oss:\/\/my-bucket/],
  ['oss://media', /neither a region nor an endpoint/, /region=cn-hangzhou/],
  ['oss://media?network=internal', /neither a region.*its host is named after/, /region=cn-hangzhou/],
  ['oss://media?network=vpn', /network vpn/, /public, internal, accelerate/],
  ['oss://media?endpoint=s3.oss-cn-hangzhou.aliyuncs.com', /store s3/, /s3:\/\//],
  ['oss://media?endpoint=s3.eu-central-1.amazonaws.com', /store s3/, /s3:\/\//],
  ['oss://media?endpoint=media.oss-cn-hangzhou.aliyuncs.com', /names a bucket/, /without the name/],
  ['s3://media?endpoint=media.s3.oss-cn-hangzhou.aliyuncs.com', /names a bucket/, /without the name/],
  [
    's3://media?endpoint=s3.oss-cn-hangzhou.aliyuncs.com&region=oss-cn-hangzhou',
    /region oss-cn-hangzhou and an endpoint in cn-hangzhou/,
    /region=cn-hangzhou/,
  ],
  ['s3://media?endpoint=oss-cn-hangzhou.aliyuncs.com&style=path', /style=path/, /style=virtual/],
  ['s3://media?endpoint=s3-accelerate.amazonaws.com&style=path', /style=path/, /style=virtual/],
  [
    's3://media?endpoint=s3-external-1.amazonaws.com&region=eu-central-1',
    /region eu-central-1 and an endpoint in us-east-1/,
    /region=us-east-1/,
  ],
  ['oss://media?region=oss-cn-hangzhou', /region oss-cn-hangzhou/, /without oss-/],
  ['oss://media?region=Hangzhou', /region Hangzhou/, /region=cn-hangzhou/],
  ['oss://media?region=', /region/, /region=cn-hangzhou/],
  ['oss://media?region=cn-hangzhou&network=vpn', /network vpn/, /public, internal, accelerate/],
  ['oss://media?region=cn-hangzhou&network=constructor', /network constructor/, /public, internal/],
  ['oss://media?region=cn-hangzhou&network=toString', /network toString/, /public, internal/],
  ['oss://media?region=cn-hangzhou&style=path', /parameter style/, /region, endpoint, network/],
  ['oss://media?Region=cn-hangzhou', /parameter Region/, /region, endpoint, network/],
  ['oss://media?endpoint=files.example.com&network=internal', /network/, /endpoint|network/],
  ['oss://media?endpoint=files.example.com&network=vpn', /network/, /endpoint|network/],
  ['oss://media?region=cn-hangzhou&region=us-west-1', /region/, /region|once/],
  ['oss://media?endpoint=', /not a URL/, /https:\/\//],
  ['oss://media?endpoint=ftp://files.example.com', /ftp:/, /https:\/\//],
  ['s3://media', /neither a region nor an endpoint/, /region=us-east-1/],
  ['s3://media?style=path', /neither a region nor an endpoint/, /region=us-east-1/],
  ['s3://media?region=eu-central-1&style=dns', /style dns/, /style=path or style=virtual/],
  ['s3://media?endpoint=minio.example&style=', /style/, /style=path or style=virtual/],
  ['s3://media?region=eu-central-1&network=internal', /parameter network/, /region, endpoint, style/],
  ['s3://media?endpoint=https://minio.example?x=1', /query/, /up to the \?/],
  ['s3://media?endpoint=http://', /not a URL/, /https:\/\//],
  ['s3://media?region=', /region/, /region=us-east-1|eu-central-1/],
  ['s3://media?region=evil.example/', /region/, /region=us-east-1|eu-central-1/],
  ['s3://media?region=eu%20central', /region/, /region=us-east-1|eu-central-1/],
  [
    's3://media?endpoint=http://127.0.0.1:9000&style=virtual',
    /127\.0\.0\.1|style|virtual/,
    /style=path|path/,
  ],
  ['s3://media?endpoint=http://[::1]:9000&style=virtual', /::1|style|virtual/, /style=path|path/],
  ['http://', /not a URL/, /https:\/\//],
  ['https://files.example.com?x-oss-signature=geheim', /query/, /up to the \?/],
  ['https://files.example.com#top', /fragment/, /up to the \? or #/],
  ['ftp://files.example.com', /ftp:/, /https:\/\//],
  ['gs://media', /gs:/, /https:\/\//],
  ['file:///srv/media', /file:/, /https:\/\//],
];

test.each(REFUSED)('%s is refused, with what to write instead', (text, reason, write) => {
  const parsed = parseBucket(text);
  if ('value' in parsed) throw new Error(`taken as ${JSON.stringify(parsed.value)}`);
  expect(parsed.reason).toMatch(reason);
  expect(parsed.write).toMatch(write);
});

test.each([
  'https://ak:geheim@files.example.com',
  'https://geheim@files.example.com',
  'oss://ak:geheim@media?region=cn-hangzhou',
  'oss://media?region=cn-hangzhou&accessKeySecret=geheim',
  'oss://media?endpoint=https://ak:geheim@files.example.com',
  's3://media?endpoint=ak:geheim@minio.example',
  's3://media?endpoint=https://ak:geheim@minio.example&style=virtual',
  's3://media?endpoint=https://minio.example?token=geheim',
])('%s is refused without telling what may be secret', (text) => {
  const parsed = parseBucket(text);
  expect(parsed).toHaveProperty('write');
  expect(JSON.stringify(parsed)).not.toContain('geheim');
});
