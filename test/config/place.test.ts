import { describe, expect, test } from 'vitest';
import { parseBucket } from '../../src/config/place.ts';

interface Told {
  readonly store?: 'oss' | 's3';
  readonly name?: string;
  readonly region?: string;
}
type Row = readonly [text: string, base: string, path: string, told: Told];

const inHangzhou: Told = { store: 'oss', name: 'media', region: 'cn-hangzhou' };
const inFrankfurt: Told = { store: 's3', name: 'media', region: 'eu-central-1' };

const OSS: readonly Row[] = [
  ['oss://media?region=cn-hangzhou', 'https://media.oss-cn-hangzhou.aliyuncs.com', '', inHangzhou],
  ['oss://media/?region=cn-hangzhou', 'https://media.oss-cn-hangzhou.aliyuncs.com', '', inHangzhou],
  ['OSS://media?region=cn-hangzhou', 'https://media.oss-cn-hangzhou.aliyuncs.com', '', inHangzhou],
  [
    'oss://media?region=cn-hangzhou&network=public',
    'https://media.oss-cn-hangzhou.aliyuncs.com',
    '',
    inHangzhou,
  ],
  [
    'oss://media?region=cn-hangzhou&network=internal',
    'https://media.oss-cn-hangzhou-internal.aliyuncs.com',
    '',
    inHangzhou,
  ],
  [
    'oss://media?network=accelerate&region=cn-hangzhou',
    'https://media.oss-accelerate.aliyuncs.com',
    '',
    inHangzhou,
  ],
  [
    'oss://media?region=cn-hangzhou&network=accelerate-overseas',
    'https://media.oss-accelerate-overseas.aliyuncs.com',
    '',
    inHangzhou,
  ],
  [
    'oss://media?region=us-west-1',
    'https://media.oss-us-west-1.aliyuncs.com',
    '',
    { ...inHangzhou, region: 'us-west-1' },
  ],
  ['oss://media?endpoint=files.example.com&region=cn-hangzhou', 'https://files.example.com', '', inHangzhou],
  [
    'oss://media?endpoint=https://files.example.com',
    'https://files.example.com',
    '',
    { store: 'oss', name: 'media' },
  ],
  [
    'oss://media?endpoint=http%3A%2F%2F127.0.0.1%3A9000&region=cn-hangzhou',
    'http://127.0.0.1:9000',
    '',
    inHangzhou,
  ],
  ['oss://media?endpoint=127.0.0.1:9000&region=cn-hangzhou', 'https://127.0.0.1:9000', '', inHangzhou],
  ['oss://media?endpoint=localhost:9000&region=cn-hangzhou', 'https://localhost:9000', '', inHangzhou],
  [
    'oss://media?endpoint=https://files.example.com/under/&region=cn-hangzhou',
    'https://files.example.com',
    '/under',
    inHangzhou,
  ],
];

/** The endpoint that the console shows and every SDK asks for belongs to a region, and not to the bucket. */
const OSS_REGIONAL: readonly Row[] = [
  [
    'oss://media?endpoint=oss-cn-hangzhou.aliyuncs.com&region=cn-hangzhou',
    'https://media.oss-cn-hangzhou.aliyuncs.com',
    '',
    inHangzhou,
  ],
  [
    'oss://media?endpoint=https://oss-cn-hangzhou-internal.aliyuncs.com&region=cn-hangzhou',
    'https://media.oss-cn-hangzhou-internal.aliyuncs.com',
    '',
    inHangzhou,
  ],
];

const S3: readonly Row[] = [
  ['s3://media?region=eu-central-1', 'https://media.s3.eu-central-1.amazonaws.com', '', inFrankfurt],
  [
    's3://media?region=eu-central-1&style=virtual',
    'https://media.s3.eu-central-1.amazonaws.com',
    '',
    inFrankfurt,
  ],
  [
    's3://media?region=eu-central-1&style=path',
    'https://s3.eu-central-1.amazonaws.com',
    '/media',
    inFrankfurt,
  ],
  [
    's3://my.media?region=eu-central-1',
    'https://s3.eu-central-1.amazonaws.com',
    '/my.media',
    { ...inFrankfurt, name: 'my.media' },
  ],
  [
    's3://my.media?region=eu-central-1&style=virtual',
    'https://my.media.s3.eu-central-1.amazonaws.com',
    '',
    { ...inFrankfurt, name: 'my.media' },
  ],
  [
    's3://media?endpoint=http://127.0.0.1:9000',
    'http://127.0.0.1:9000',
    '/media',
    { ...inFrankfurt, region: 'us-east-1' },
  ],
  ['s3://media?endpoint=minio.example&region=eu-central-1', 'https://minio.example', '/media', inFrankfurt],
  [
    's3://media?endpoint=https://minio.example/s3/&region=eu-central-1',
    'https://minio.example',
    '/s3/media',
    inFrankfurt,
  ],
  [
    's3://media?endpoint=https://minio.example:9000&style=virtual&region=eu-central-1',
    'https://media.minio.example:9000',
    '',
    inFrankfurt,
  ],
  [
    's3://media?endpoint=minio.example&style=virtual',
    'https://media.minio.example',
    '',
    { ...inFrankfurt, region: 'us-east-1' },
  ],
  [
    's3://media?region=cn-north-1',
    'https://media.s3.cn-north-1.amazonaws.com.cn',
    '',
    { ...inFrankfurt, region: 'cn-north-1' },
  ],
];

const HTTP: readonly Row[] = [
  [
    'https://media.oss-cn-hangzhou.aliyuncs.com',
    'https://media.oss-cn-hangzhou.aliyuncs.com',
    '',
    inHangzhou,
  ],
  [
    'https://media.oss-cn-hangzhou-internal.aliyuncs.com/',
    'https://media.oss-cn-hangzhou-internal.aliyuncs.com',
    '',
    inHangzhou,
  ],
  [
    'https://media.oss-accelerate.aliyuncs.com',
    'https://media.oss-accelerate.aliyuncs.com',
    '',
    { store: 'oss', name: 'media' },
  ],
  [
    'https://media.oss-accelerate-overseas.aliyuncs.com',
    'https://media.oss-accelerate-overseas.aliyuncs.com',
    '',
    { store: 'oss', name: 'media' },
  ],
  [
    'http://MEDIA.oss-us-west-1.aliyuncs.com',
    'http://media.oss-us-west-1.aliyuncs.com',
    '',
    { ...inHangzhou, region: 'us-west-1' },
  ],
  [
    'https://media.s3.eu-central-1.amazonaws.com',
    'https://media.s3.eu-central-1.amazonaws.com',
    '',
    inFrankfurt,
  ],
  [
    'https://media.s3-eu-central-1.amazonaws.com',
    'https://media.s3-eu-central-1.amazonaws.com',
    '',
    inFrankfurt,
  ],
  [
    'https://my.media.s3.eu-central-1.amazonaws.com',
    'https://my.media.s3.eu-central-1.amazonaws.com',
    '',
    { ...inFrankfurt, name: 'my.media' },
  ],
  [
    'https://s3.eu-central-1.amazonaws.com/media',
    'https://s3.eu-central-1.amazonaws.com',
    '/media',
    inFrankfurt,
  ],
  [
    'https://s3.eu-central-1.amazonaws.com',
    'https://s3.eu-central-1.amazonaws.com',
    '',
    { store: 's3', region: 'eu-central-1' },
  ],
  ['https://files.example.com', 'https://files.example.com', '', {}],
  ['http://127.0.0.1:9000/media/', 'http://127.0.0.1:9000', '/media', {}],
  ['http://[::1]:9000', 'http://[::1]:9000', '', {}],
  // A host that only looks like a vendor's.
  [
    'https://media.oss-cn-hangzhou.aliyuncs.com.example',
    'https://media.oss-cn-hangzhou.aliyuncs.com.example',
    '',
    {},
  ],
  [
    'https://evil-s3.eu-central-1.amazonaws.com.example',
    'https://evil-s3.eu-central-1.amazonaws.com.example',
    '',
    {},
  ],
  // Accelerated: the host tells no region.
  [
    'https://media.s3-accelerate.amazonaws.com',
    'https://media.s3-accelerate.amazonaws.com',
    '',
    { store: 's3', name: 'media' },
  ],
];

describe.each([
  ['oss://', OSS],
  ['oss:// by a regional endpoint', OSS_REGIONAL],
  ['s3://', S3],
  ['http(s)://', HTTP],
])('%s', (_, rows) => {
  test.each(rows)('%s is at %s%s', (text, base, path, told) => {
    const address = { base, host: base.replace(/^https?:\/\//, ''), path };
    expect(parseBucket(text)).toEqual({ value: { kind: 'http', address, ...told } });
  });
});

test.each(['./folder', '/srv/media', 'C:\\media', 'media', '..', 'a b/c?d'])('%s is a folder', (text) => {
  expect(parseBucket(text)).toEqual({ value: { kind: 'folder', path: text } });
});

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
  ['oss://media?network=accelerate', /neither a region nor an endpoint/, /region=cn-hangzhou/],
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
