import { describe, expect, test } from 'vitest';
import { parseBucket } from '../../src/config/bucket-url.ts';
import { readConfig } from '../../src/config/read.ts';
import { type HostFacts, knownHost } from '../../src/config/vendor-hosts.ts';

type Row = readonly [url: string, told: HostFacts];

const inHangzhou: HostFacts = { store: 'oss', name: 'media', region: 'cn-hangzhou' };
const inFrankfurt: HostFacts = { store: 's3', name: 'media', region: 'eu-central-1' };
const inVirginia: HostFacts = { store: 's3', name: 'media', region: 'us-east-1' };
const inBeijing: HostFacts = { store: 's3', name: 'media', region: 'cn-north-1' };
const anywhere: HostFacts = { store: 's3', name: 'media', defaultRegion: 'us-east-1' };

const OSS: readonly Row[] = [
  ['https://media.oss-cn-hangzhou.aliyuncs.com', inHangzhou],
  ['https://media.oss-cn-hangzhou-internal.aliyuncs.com/', inHangzhou],
  ['https://media.oss-accelerate.aliyuncs.com', { store: 'oss', name: 'media' }],
  ['https://media.oss-accelerate-overseas.aliyuncs.com', { store: 'oss', name: 'media' }],
  ['http://MEDIA.oss-us-west-1.aliyuncs.com', { ...inHangzhou, region: 'us-west-1' }],
  ['https://media.cn-hangzhou.oss.aliyuncs.com', inHangzhou],
  ['https://media.s3.oss-cn-hangzhou.aliyuncs.com', { ...inHangzhou, store: 's3' }],
  ['https://media.s3.oss-cn-hangzhou-internal.aliyuncs.com', { ...inHangzhou, store: 's3' }],
  ['https://media.s3.oss-accelerate.aliyuncs.com', { store: 's3', name: 'media' }],
];

const AWS: readonly Row[] = [
  ['https://media.s3.eu-central-1.amazonaws.com', inFrankfurt],
  ['https://media.s3-eu-central-1.amazonaws.com', inFrankfurt],
  ['https://my.media.s3.eu-central-1.amazonaws.com', { ...inFrankfurt, name: 'my.media' }],
  ['https://s3.eu-central-1.amazonaws.com/media', inFrankfurt],
  ['https://media.s3.us-gov-west-1.amazonaws.com', { ...inFrankfurt, region: 'us-gov-west-1' }],
  ['https://media.s3.amazonaws.com', anywhere],
  ['https://s3-photos.s3.amazonaws.com', { ...anywhere, name: 's3-photos' }],
  ['https://s3.amazonaws.com/media', anywhere],
  ['https://s3.amazonaws.com/My_Media', { ...anywhere, name: 'My_Media' }],
  ['https://s3-website-photos.s3.amazonaws.com', { ...anywhere, name: 's3-website-photos' }],
  ['https://media.s3-external-1.amazonaws.com', inVirginia],
  ['https://s3-external-1.amazonaws.com/media', inVirginia],
  ['https://s3.dualstack.eu-central-1.amazonaws.com/media', inFrankfurt],
  ['https://media.s3.dualstack.eu-central-1.amazonaws.com', inFrankfurt],
  ['https://media.s3-fips.us-east-1.amazonaws.com', inVirginia],
  ['https://s3-fips.us-east-1.amazonaws.com/media', inVirginia],
  ['https://media.s3-fips.dualstack.us-east-1.amazonaws.com', inVirginia],
  ['https://media.s3.cn-north-1.amazonaws.com.cn', inBeijing],
  ['https://s3.cn-north-1.amazonaws.com.cn/media', inBeijing],
  ['https://media.s3.dualstack.cn-north-1.amazonaws.com.cn', inBeijing],
  ['https://media.s3-accelerate.amazonaws.com', { store: 's3', name: 'media' }],
  ['https://media.s3-accelerate.dualstack.amazonaws.com', { store: 's3', name: 'media' }],
  ['http://media.s3-website-us-east-1.amazonaws.com', inVirginia],
  ['http://media.s3-website.eu-central-1.amazonaws.com', inFrankfurt],
  ['https://point-1234.s3-accesspoint.us-east-1.amazonaws.com', { store: 's3' }],
  ['https://media.vpce-1a-2b.s3.us-east-1.vpce.amazonaws.com', { store: 's3' }],
];

/** Endpoints that lead to every bucket: no bucket's place, each with the host that is one. */
const NAMELESS: readonly (readonly [url: string, told: HostFacts, write: string])[] = [
  [
    'https://oss-cn-hangzhou.aliyuncs.com',
    { store: 'oss', region: 'cn-hangzhou' },
    'https://my-bucket.oss-cn-hangzhou.aliyuncs.com',
  ],
  [
    'http://oss-cn-hangzhou-internal.aliyuncs.com/',
    { store: 'oss', region: 'cn-hangzhou' },
    'http://my-bucket.oss-cn-hangzhou-internal.aliyuncs.com',
  ],
  ['https://oss-accelerate.aliyuncs.com', { store: 'oss' }, 'https://my-bucket.oss-accelerate.aliyuncs.com'],
  [
    'https://cn-hangzhou.oss.aliyuncs.com',
    { store: 'oss', region: 'cn-hangzhou' },
    'https://my-bucket.cn-hangzhou.oss.aliyuncs.com',
  ],
  [
    'https://s3.oss-cn-hangzhou.aliyuncs.com',
    { store: 's3', region: 'cn-hangzhou' },
    'https://my-bucket.s3.oss-cn-hangzhou.aliyuncs.com',
  ],
  [
    'https://s3.eu-central-1.amazonaws.com',
    { store: 's3', region: 'eu-central-1' },
    'https://my-bucket.s3.eu-central-1.amazonaws.com',
  ],
  [
    'https://s3.amazonaws.com',
    { store: 's3', defaultRegion: 'us-east-1' },
    'https://my-bucket.s3.amazonaws.com',
  ],
  [
    'https://s3.amazonaws.com.',
    { store: 's3', defaultRegion: 'us-east-1' },
    'https://my-bucket.s3.amazonaws.com.',
  ],
  ['https://s3-accelerate.amazonaws.com', { store: 's3' }, 'https://my-bucket.s3-accelerate.amazonaws.com'],
  [
    'http://s3-website-us-east-1.amazonaws.com',
    { store: 's3', region: 'us-east-1' },
    'http://my-bucket.s3-website-us-east-1.amazonaws.com',
  ],
];

/** Other spellings of the same hosts. */
const SPELT: readonly Row[] = [
  ['https://media.oss-cn-hangzhou.aliyuncs.com.', inHangzhou],
  ['https://media.oss-cn-hangzhou-internal.aliyuncs.com.:8443', inHangzhou],
  ['https://MEDIA.cn-hangzhou.OSS.aliyuncs.com.', inHangzhou],
  ['https://media.s3.eu-central-1.amazonaws.com.', inFrankfurt],
  ['https://media.s3.eu-central-1.amazonaws.com:8443', inFrankfurt],
  ['https://s3.eu-central-1.amazonaws.com./media', inFrankfurt],
  ['https://media.s3.eu-central-1.amazonaws%2ecom', inFrankfurt],
  ['https://media.s3.cn-north-1.amazonaws.com.cn.', inBeijing],
  ['https://media.s3-accelerate.amazonaws.com.', { store: 's3', name: 'media' }],
];

const OTHERS: readonly Row[] = [
  ['https://files.example.com', {}],
  ['http://127.0.0.1:9000/media/', {}],
  ['http://[::1]:9000', {}],
  ['https://media.oss-cn-hangzhou.aliyuncs.com.example', {}],
  ['https://evil-s3.eu-central-1.amazonaws.com.example', {}],
  ['https://evil-s3.eu-central-1.amazonaws.com', {}],
  ['https://abc.execute-api.us-east-1.amazonaws.com', {}],
  ['https://oss-cn-hangzhou.evilaliyuncs.com', {}],
  ['https://media.oss.aliyuncs.com', {}],
  ['https://point-1234.oss-cn-hangzhou.oss-accesspoint.aliyuncs.com', {}],
  ['https://media.cn-hangzhou-internal.oss-data-acc.aliyuncs.com', {}],
];

const addressOf = (url: string) => {
  const { origin, hostname, port, pathname } = new URL(url);
  const host = hostname.replace(/\.$/, '') + (port === '' ? '' : `:${port}`);
  return { base: origin, host, path: pathname.replace(/\/$/, '') };
};

describe.each([
  ['a host of OSS', OSS],
  ['a host of AWS', AWS],
  ['a vendor’s host in another spelling', SPELT],
  ['any other host', OTHERS],
])('%s', (_, rows) => {
  test.each(rows)('gives the facts of %s', (url, facts) => {
    const address = addressOf(url);
    expect(knownHost(address)).toEqual(facts);
    expect(parseBucket(url)).toEqual({ value: { kind: 'http', address, ...facts } });
  });
});

test.each(NAMELESS)('%s is a known host without a bucket', (url, told, write) => {
  const reason = `does not name a bucket, and ${addressOf(url).host} serves all of them`;
  expect(knownHost(addressOf(url))).toEqual(told);
  expect(parseBucket(url)).toEqual({ reason, write });
});

const read = (options: Record<string, string>) =>
  readConfig(
    Object.fromEntries(Object.entries(options).map(([name, text]) => [name, { place: name, text }])),
  );

test.each([
  ['https://media.s3.amazonaws.com', 's3'],
  ['https://media.s3.amazonaws.com.', 's3'],
  ['https://s3.dualstack.us-east-1.amazonaws.com/media', 's3'],
  ['https://point-1234.s3-accesspoint.us-east-1.amazonaws.com', 's3'],
  ['https://media.s3.oss-cn-hangzhou.aliyuncs.com', 's3'],
  ['https://media.oss-cn-hangzhou.aliyuncs.com', 'oss'],
  ['https://files.example.com', 'oss'],
])('%s is read as store %s', (bucket, store) => {
  expect(read({ bucket })).toMatchObject({ ok: true, value: { store } });
});

test.each(['https://media.s3.amazonaws.com', 's3://media?endpoint=http://127.0.0.1:9000'])(
  '%s may be given with any region, since its address has none',
  (bucket) => {
    expect(read({ bucket, region: 'eu-central-1' })).toMatchObject({
      ok: true,
      value: { region: 'eu-central-1' },
    });
  },
);
