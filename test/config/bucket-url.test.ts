import { describe, expect, test } from 'vitest';
import { parseBucket } from '../../src/config/bucket-url.ts';

interface Told {
  readonly store?: 'oss' | 's3';
  readonly name?: string;
  readonly region?: string;
  readonly defaultRegion?: string;
}
type Row = readonly [text: string, base: string, path: string, told: Told];

const inHangzhou: Told = { store: 'oss', name: 'media', region: 'cn-hangzhou' };
const inFrankfurt: Told = { store: 's3', name: 'media', region: 'eu-central-1' };
const anywhere: Told = { store: 's3', name: 'media', defaultRegion: 'us-east-1' };

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
  // One host for all regions; only signatures want to know which.
  [
    'oss://media?network=accelerate',
    'https://media.oss-accelerate.aliyuncs.com',
    '',
    { store: 'oss', name: 'media' },
  ],
  [
    'oss://media?network=accelerate-overseas',
    'https://media.oss-accelerate-overseas.aliyuncs.com',
    '',
    { store: 'oss', name: 'media' },
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

/** Reached by IPv6 too, and named the other way round. */
const OSS_DUAL_STACK: readonly Row[] = ['', '&region=cn-hangzhou'].map((more) => [
  `oss://media?endpoint=cn-hangzhou.oss.aliyuncs.com${more}`,
  'https://media.cn-hangzhou.oss.aliyuncs.com',
  '',
  inHangzhou,
]);

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
  ['s3://media?endpoint=http://127.0.0.1:9000', 'http://127.0.0.1:9000', '/media', anywhere],
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
  ['s3://media?endpoint=minio.example&style=virtual', 'https://media.minio.example', '', anywhere],
  [
    's3://media?region=cn-north-1',
    'https://media.s3.cn-north-1.amazonaws.com.cn',
    '',
    { ...inFrankfurt, region: 'cn-north-1' },
  ],
];

/** OSS speaks the S3 protocol, with the bucket's name before the host only. */
const S3_AT_OSS: readonly Row[] = [
  ...['', '&style=virtual', '&region=cn-hangzhou'].map(
    (more): Row => [
      `s3://media?endpoint=s3.oss-cn-hangzhou.aliyuncs.com${more}`,
      'https://media.s3.oss-cn-hangzhou.aliyuncs.com',
      '',
      { ...inHangzhou, store: 's3' },
    ],
  ),
  ...['oss-cn-hangzhou', 'oss-cn-hangzhou-internal', 's3.oss-cn-hangzhou-internal'].map(
    (host): Row => [
      `s3://media?endpoint=https://${host}.aliyuncs.com`,
      `https://media.${host}.aliyuncs.com`,
      '',
      { ...inHangzhou, store: 's3' },
    ],
  ),
  [
    's3://media?endpoint=s3.oss-accelerate.aliyuncs.com',
    'https://media.s3.oss-accelerate.aliyuncs.com',
    '',
    { store: 's3', name: 'media' },
  ],
];

/** Names that AWS gives no bucket any more, and others' stores still have. */
const S3_OLDER_NAMES: readonly Row[] = [
  ...['My_Media', 'Media', 'my..media', 'm1', 'm'.repeat(64)].map(
    (name): Row => [
      `s3://${name}?endpoint=http://127.0.0.1:9000`,
      'http://127.0.0.1:9000',
      `/${name}`,
      { ...anywhere, name },
    ],
  ),
  [
    's3://s3?endpoint=https://s3.example/under',
    'https://s3.example',
    '/under/s3',
    { ...anywhere, name: 's3' },
  ],
  [
    's3://My_Media?region=us-east-1&style=path',
    'https://s3.us-east-1.amazonaws.com',
    '/My_Media',
    { store: 's3', name: 'My_Media', region: 'us-east-1' },
  ],
];

const S3_AT_AWS: readonly Row[] = [
  [
    's3://media?endpoint=s3-external-1.amazonaws.com&region=us-east-1',
    'https://s3-external-1.amazonaws.com',
    '/media',
    { ...inFrankfurt, region: 'us-east-1' },
  ],
  [
    's3://media?endpoint=s3-external-1.amazonaws.com&style=virtual',
    'https://media.s3-external-1.amazonaws.com',
    '',
    { ...inFrankfurt, region: 'us-east-1' },
  ],
  ['s3://media?endpoint=s3.amazonaws.com', 'https://s3.amazonaws.com', '/media', anywhere],
  [
    's3://media?endpoint=s3.amazonaws.com&region=eu-central-1&style=virtual',
    'https://media.s3.amazonaws.com',
    '',
    inFrankfurt,
  ],
  [
    's3://media?endpoint=s3.dualstack.eu-central-1.amazonaws.com',
    'https://s3.dualstack.eu-central-1.amazonaws.com',
    '/media',
    inFrankfurt,
  ],
  [
    's3://media?endpoint=s3-accelerate.amazonaws.com',
    'https://media.s3-accelerate.amazonaws.com',
    '',
    { store: 's3', name: 'media' },
  ],
  [
    's3://media?endpoint=s3-accelerate.dualstack.amazonaws.com&region=eu-central-1',
    'https://media.s3-accelerate.dualstack.amazonaws.com',
    '',
    inFrankfurt,
  ],
];

describe.each([
  ['oss://', OSS],
  ['oss:// by a regional endpoint', OSS_REGIONAL],
  ['oss:// by a dual-stack endpoint', OSS_DUAL_STACK],
  ['s3://', S3],
  ['s3:// with an older name', S3_OLDER_NAMES],
  ['s3:// at OSS', S3_AT_OSS],
  ['s3:// at hosts of AWS', S3_AT_AWS],
])('%s', (_, rows) => {
  test.each(rows)('%s is at %s%s', (text, base, path, facts) => {
    const address = { base, host: base.replace(/^https?:\/\//, ''), path };
    expect(parseBucket(text)).toEqual({ value: { kind: 'http', address, ...facts } });
  });
});

test.each(['./folder', '/srv/media', 'C:\\media', 'media', '..', 'a b/c?d'])('%s is a folder', (text) => {
  expect(parseBucket(text)).toEqual({ value: { kind: 'folder', path: text } });
});
