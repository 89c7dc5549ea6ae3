import { expect, test } from 'vitest';
import { parseBucket } from '../../src/config/bucket-url.ts';

type Refusal = readonly [text: string, reason: RegExp, write: RegExp];

const REFUSED: readonly Refusal[] = [
  ['', /empty/, /oss:\/\/.*s3:\/\/.*folder/],
  ['  ', /empty/, /folder/],
  ['oss://', /no bucket name/, /oss:\/\/my-bucket\?region=/],
  ['oss:media', /no bucket name/, /oss:\/\/my-bucket\?region=/],
  ['s3://?region=eu-central-1', /no bucket name/, /s3:\/\/my-bucket\?region=/],
  ['s3://m', /a bucket name that is too short/, /s3:\/\/my-bucket/],
  ['oss://media/key?region=cn-hangzhou', /no bucket name/, /oss:\/\/my-bucket/],
  ['oss://media:80?region=cn-hangzhou', /no bucket name/, /oss:\/\/my-bucket/],
  ['oss://media?region=cn-hangzhou#top', /no bucket name/, /oss:\/\/my-bucket/],
  ['oss://media', /neither a region nor an endpoint/, /region=cn-hangzhou/],
  ['oss://media?network=internal', /neither a region.*its host is named after/, /region=cn-hangzhou/],
  ['oss://media?network=vpn', /network vpn/, /public, internal, accelerate/],
  ['oss://media?endpoint=s3.oss-cn-hangzhou.aliyuncs.com', /store s3/, /s3:\/\//],
  ['oss://media?endpoint=s3.eu-central-1.amazonaws.com', /store s3/, /s3:\/\//],
  ['oss://media?endpoint=media.oss-cn-hangzhou.aliyuncs.com', /names a bucket/, /without the name/],
  ['oss://media?endpoint=media.cn-hangzhou.oss.aliyuncs.com', /names a bucket/, /without the name/],
  ['oss://media?endpoint=https://oss-cn-hangzhou.aliyuncs.com/media', /names a bucket/, /without the name/],
  [
    'oss://media?endpoint=cn-hangzhou.oss.aliyuncs.com&region=us-west-1',
    /region us-west-1 and an endpoint in cn-hangzhou/,
    /region=cn-hangzhou/,
  ],
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
  [
    'oss://b0?region=cn-hangzhou-internal',
    /region cn-hangzhou-internal.*internal network/,
    /^region=cn-hangzhou&network=internal$/,
  ],
  [
    'oss://media?region=cn-hangzhou-internal&endpoint=files.example.com',
    /region cn-hangzhou-internal/,
    /^region=cn-hangzhou$/,
  ],
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

const IN_HANGZHOU = '?region=cn-hangzhou';
const IN_FRANKFURT = '?region=eu-central-1';
const ACCELERATED = '?endpoint=s3-accelerate.amazonaws.com';
const OSS_MADE = /^a name such as my-bucket: 3 to 63 lower-case letters, digits and hyphens,/;
const S3_MADE = /^a name such as my-bucket: 3 to 63 lower-case letters, digits, dots and hyphens,/;

const MISNAMED: readonly Refusal[] = [
  ...['b0', 'm'.repeat(64), 'med_ia', 'my.dots', 'media-', 'media.'].map(
    (name): Refusal => [`oss://${name}${IN_HANGZHOU}`, /not a valid name of a bucket at OSS/, OSS_MADE],
  ),
  [`oss://My-Media${IN_HANGZHOU}`, /My-Media, which is not a valid name/, /^a name such as my-media:/],
  ['oss://Media?endpoint=files.example.com', /not a valid name of a bucket at OSS/, /^a name such as media:/],
  ['oss://b0?endpoint=cn-hangzhou.oss.aliyuncs.com', /not a valid name of a bucket at OSS/, OSS_MADE],
  ['s3://my.dots?endpoint=s3.oss-cn-hangzhou.aliyuncs.com', /not a valid name of a bucket at OSS/, OSS_MADE],
  ['https://b0.oss-cn-hangzhou.aliyuncs.com', /b0, which is not a valid name of a bucket at OSS/, OSS_MADE],
  ['https://my.dots.oss-cn-hangzhou.aliyuncs.com', /my\.dots, which is not a valid name/, OSS_MADE],
  ['https://med_ia.cn-hangzhou.oss.aliyuncs.com', /med_ia, which is not a valid name/, OSS_MADE],
  ...['m1', 'm'.repeat(64), 'med_ia', 'my..media', 'media-', '192.168.5.4'].map(
    (name): Refusal => [`s3://${name}${IN_FRANKFURT}`, /not a valid name of a bucket at S3/, S3_MADE],
  ),
  [`s3://My-Media${IN_FRANKFURT}`, /My-Media, which is not a valid name/, /^a name such as my-media:/],
  [
    `s3://My-Media${IN_FRANKFURT}&style=path`,
    /My-Media, which is not a valid name/,
    /^a name such as my-media:/,
  ],
  [
    's3://My-Media?region=us-east-1',
    /My-Media, which is not a valid name/,
    /^a name such as my-media:.*style=path/,
  ],
  [
    's3://My-Media?endpoint=minio.example&style=virtual',
    /not a valid name/,
    /^a name such as my-media:.*style=path/,
  ],
  [
    'https://s3.eu-central-1.amazonaws.com/My-Media',
    /My-Media, which is not a valid name/,
    /^a name such as my-media:/,
  ],
  [
    `s3://my.dots${ACCELERATED}`,
    /my\.dots, which is not a valid name of a bucket under acceleration/,
    OSS_MADE,
  ],
  ['s3://my.dots?endpoint=s3-accelerate.dualstack.amazonaws.com', /under acceleration/, OSS_MADE],
  ['https://my.dots.s3-accelerate.amazonaws.com', /under acceleration/, OSS_MADE],
];

const BY_PATH: readonly Refusal[] = [
  [
    'https://oss-cn-hangzhou.aliyuncs.com/my-media',
    /path after oss-cn-hangzhou\.aliyuncs\.com.*only as a subdomain/,
    /^https:\/\/my-media\.oss-cn-hangzhou\.aliyuncs\.com$/,
  ],
  [
    'https://cn-hangzhou.oss.aliyuncs.com/my-media/',
    /path after cn-hangzhou\.oss\.aliyuncs\.com/,
    /^https:\/\/my-media\.cn-hangzhou\.oss\.aliyuncs\.com$/,
  ],
  [
    'https://s3-accelerate.amazonaws.com/b0',
    /path after s3-accelerate\.amazonaws\.com.*only as a subdomain/,
    /^https:\/\/my-bucket\.s3-accelerate\.amazonaws\.com$/,
  ],
];

test.each([...REFUSED, ...MISNAMED, ...BY_PATH])(
  '%s is refused, with what to write instead',
  (text, reason, write) => {
    const parsed = parseBucket(text);
    if ('value' in parsed) throw new Error(`taken as ${JSON.stringify(parsed.value)}`);
    expect(parsed.reason).toMatch(reason);
    expect(parsed.write).toMatch(write);
  },
);

test.each([
  'https://ak:geheim@files.example.com',
  'https://geheim@files.example.com',
  'oss://ak:geheim@media?region=cn-hangzhou',
  'oss://media?region=cn-hangzhou&accessKeySecret=geheim',
  'oss://media?endpoint=https://ak:geheim@files.example.com',
  's3://media?endpoint=ak:geheim@minio.example',
  's3://media?endpoint=https://ak:geheim@minio.example&style=virtual',
  's3://media?endpoint=https://minio.example?token=geheim',
])('%s is refused, and the fault shows no secret', (text) => {
  const parsed = parseBucket(text);
  expect(parsed).toHaveProperty('write');
  expect(JSON.stringify(parsed)).not.toContain('geheim');
});
