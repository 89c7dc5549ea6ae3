import { createHmac } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Credentials } from '../../src/bucket/sign/credentials.ts';
import { call } from '../helpers/client.ts';
import { listen } from '../helpers/listen.ts';
import { FORM_NAMES, REGION, signed } from '../helpers/signed.ts';
import { until } from '../helpers/until.ts';
import { call as ask } from '../node/_running.ts';
import { rulesFor } from '../node/transport/_store.ts';
import { type Edge, edges } from './_edges.ts';
import { PATIENCE } from './_process.ts';

const ORIGIN = 'https://a.example';
/** Keys of clients and of the edge: the key ids may be logged, the rest may not. */
const CLIENT: Credentials = {
  accessKeyId: 'LTAIclient',
  accessKeySecret: 'hush-client-secret',
  securityToken: 'hush/client+sts=token',
};
const EDGE: Credentials = {
  accessKeyId: 'LTAIedge',
  accessKeySecret: 'hush-edge-secret',
  securityToken: 'hush/edge+sts=token',
};
const TOKENS = {
  admin: 'hush-admin-token-0123456789abcdef',
  metrics: 'hush-metrics-token-0123456789abc',
  rules: 'hush-rules-token',
  redis: 'hush%2Fredis',
  bearer: 'hush-bearer-token',
  cookie: 'hush-cookie',
  url: 'hush-sas-signature',
};
const ENV = {
  OSS_ACCESS_KEY_ID: EDGE.accessKeyId,
  OSS_ACCESS_KEY_SECRET: EDGE.accessKeySecret,
  OSS_SESSION_TOKEN: EDGE.securityToken ?? '',
  AWS_ACCESS_KEY_ID: EDGE.accessKeyId,
  AWS_SECRET_ACCESS_KEY: EDGE.accessKeySecret,
  AWS_SESSION_TOKEN: EDGE.securityToken ?? '',
  TEAM_OSS_ACCESS_KEY_ID: CLIENT.accessKeyId,
  TEAM_OSS_ACCESS_KEY_SECRET: CLIENT.accessKeySecret,
  TEAM_OSS_SESSION_TOKEN: CLIENT.securityToken ?? '',
  ADMIN: TOKENS.admin,
  METRICS: TOKENS.metrics,
  RULES: TOKENS.rules,
};

const all = edges();
/** A bucket that repeats what it gets in its refusals, as stores do, and that breaks off at `/broken`. */
let bucket: Server;
let bucketUrl = '';
/** The targets and headers that it got. */
let received: string[] = [];
beforeEach(async () => {
  received = [];
  bucket = createServer((request, response) => {
    const got = [request.url, ...request.rawHeaders].join('\n');
    received.push(got);
    if (request.url?.startsWith('/broken')) request.socket.destroy();
    else if (request.url === '/?cors' || request.url?.startsWith('/rules.xml'))
      response.end(rulesFor(ORIGIN));
    else if (request.url?.startsWith('/refused'))
      response.writeHead(403, { 'x-oss-err': 'refused' }).end(`<Error><Message>${got}</Message></Error>`);
    else response.end('hello');
  });
  bucketUrl = `http://127.0.0.1:${await listen(bucket)}`;
});
afterEach(() => {
  bucket.closeAllConnections();
  bucket.close();
});

/** The signatures in targets and headers: of V1 after the key id, of the others by their name. */
const signaturesIn = (texts: readonly string[]): string[] =>
  texts.flatMap((text) =>
    [...text.matchAll(/(?:Signature=|OSS \w+:|x-oss-signature=)([\w+/=%]{20,})/gi)].map(
      ([, signature = '']) => signature,
    ),
  );

/** The secrets that a text contains in any spelling. */
function secretsIn(text: string, secrets: Iterable<string>): string[] {
  const lower = text.toLowerCase();
  return [...secrets].filter((secret) =>
    spellings(secret).some((spelling) => lower.includes(spelling.toLowerCase())),
  );
}

function spellings(secret: string): string[] {
  const bare = secret.includes('%') ? decodeURIComponent(secret) : secret;
  const base64 = Buffer.from(bare).toString('base64').replace(/=+$/, '');
  return [secret, bare, encodeURIComponent(bare), JSON.stringify(bare).slice(1, -1), base64];
}

/** Sends requests of every kind with every secret of a client, and returns the signatures that they had. */
async function attackWith(edge: Edge, isKept: boolean): Promise<string[]> {
  const host = isKept ? new URL(edge.url).host : 'media.oss-cn-hangzhou.aliyuncs.com';
  const own = [
    ...['Cookie', `session=${TOKENS.cookie}`, 'Origin', ORIGIN],
    ...[
      'Proxy-Authorization',
      `Bearer ${TOKENS.bearer}`,
      'Referer',
      `https://a.example/?token=${TOKENS.url}`,
    ],
  ];
  const signatures: string[] = [];
  for (const form of FORM_NAMES)
    for (const [method, target] of [
      ['GET', '/a'],
      ['GET', '/refused'],
      ['GET', '/broken'],
      ['PUT', '/?cors'],
      ['PROPFIND', '/a'],
      ['OPTIONS', '/a'],
    ] as const) {
      const sent = await signed(form, {
        method,
        target,
        host,
        keys: CLIENT,
        bucket: 'media',
        region: REGION,
      });
      signatures.push(...signaturesIn([[sent.target, ...sent.headers].join('\n')]));
      await call(edge.url, { method, target: sent.target, headers: [...sent.headers, ...own] });
      // The same with a signature that is wrong.
      await call(edge.url, { method, target: `${sent.target}x`, headers: [...sent.headers, ...own] });
    }
  for (const secret of [CLIENT.accessKeySecret, 'another-secret']) {
    const { signature, ...sent } = uploadForm(secret);
    signatures.push(signature);
    await call(edge.url, { ...sent, headers: [...sent.headers, ...own] });
  }
  const bearer = ['Authorization', `Bearer ${TOKENS.bearer}`, ...own];
  for (const target of [`/a?sig=${TOKENS.url}`, `/../a?sig=${TOKENS.url}`, `/a?${TOKENS.url}`])
    await call(edge.url, { target, headers: bearer });
  return signatures;
}

/** An upload by the form of a page, signed with a secret. */
function uploadForm(secret: string) {
  const expiration = new Date(Date.now() + 60_000).toISOString();
  const policy = Buffer.from(JSON.stringify({ expiration, conditions: [{ bucket: 'media' }] })).toString(
    'base64',
  );
  const signature = createHmac('sha1', secret).update(policy).digest('base64');
  const { accessKeyId, securityToken = '' } = CLIENT;
  const fields = {
    key: 'a',
    policy,
    Signature: signature,
    OSSAccessKeyId: accessKeyId,
    'x-oss-security-token': securityToken,
    file: 'hello',
  };
  const parts = Object.entries(fields).map(
    ([name, value]) => `--part\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const headers = ['Content-Type', 'multipart/form-data; boundary=part'];
  return { method: 'POST', target: '/', headers, body: `${parts.join('')}--part--\r\n`, signature };
}

/** A command with secrets, as a person pastes it. */
const COMMAND = [
  `curl 'https://files.example/a?sig=${TOKENS.url}' -X PUT -H 'Origin: ${ORIGIN}'`,
  `-H 'Authorization: Bearer ${TOKENS.bearer}' -b 'session=${TOKENS.cookie}'`,
].join(' ');

const ADMIN_PATHS = [
  '/healthz',
  '/buckets',
  '/panel',
  '/versions',
  '/refusals',
  '/traffic',
  '/readyz',
  '/rules',
  '/metrics',
  `/explain?origin=${ORIGIN}&method=PUT`,
  '/refresh',
  '/ask',
];

/** What the admin port answers, with its token and without. All paths at once: the answer to a wrong token comes late. */
async function adminTexts({ adminUrl }: Edge): Promise<string[]> {
  const texts: string[] = [];
  for (const token of [TOKENS.admin, TOKENS.metrics, `${TOKENS.admin}x`, null]) {
    const answers = ADMIN_PATHS.map((path) =>
      ask(adminUrl + path, {
        method: path === '/refresh' || path === '/ask' ? 'POST' : 'GET',
        headers: token === null ? {} : { Authorization: `Bearer ${token}` },
        ...(path === '/ask' && { body: JSON.stringify({ text: COMMAND }) }),
      }),
    );
    for (const { text, headers } of await Promise.all(answers)) texts.push(text, JSON.stringify(headers));
  }
  return texts;
}

const ADMIN = ['--admin-token', 'env:ADMIN', '--admin-metrics-token', 'env:METRICS', '--log-level', 'debug'];
const NAMED = ['--bucket-name', 'media', '--region', REGION];

describe.each<[string, () => readonly string[]]>([
  ['passes objects, in JSON', () => ['--bucket', bucketUrl, ...NAMED]],
  [
    'passes objects, in text by worker processes',
    () => ['--bucket', bucketUrl, ...NAMED, '--log-format', 'pretty', '--workers', '2'],
  ],
  ['signs V4', () => ['--bucket', bucketUrl, ...NAMED, '--objects', 'sign']],
  ['signs V1', () => ['--bucket', bucketUrl, ...NAMED, '--objects', 'sign', '--signature', 'v1']],
  ['signs SigV4', () => ['--bucket', bucketUrl, ...NAMED, '--objects', 'sign', '--store', 's3']],
  [
    'signs again, and stores rules',
    () => [
      '--bucket',
      bucketUrl,
      ...NAMED,
      '--objects',
      'resign',
      '--management',
      'keep',
      '--client-keys',
      'env:TEAM',
      '--state-dir',
      all.at('state'),
    ],
  ],
  [
    'reads rules with a token, and has no Redis',
    () => [
      ...[
        '--bucket',
        bucketUrl,
        '--rules',
        `${bucketUrl}/rules.xml?sig=${TOKENS.url}`,
        '--rules-token',
        'env:RULES',
      ],
      ...['--redis', `redis://user:${TOKENS.redis}@127.0.0.1:1`],
    ],
  ],
  [
    'checks signatures for a folder',
    () => ['--bucket', all.at('media'), '--bucket-keys', 'env:TEAM', '--store', 'oss'],
  ],
  ['reaches no bucket', () => ['--bucket', 'http://127.0.0.1:1', ...NAMED]],
])('an edge that %s', (what, args) => {
  test('writes no key, token or signature anywhere', async () => {
    await mkdir(all.at('media'));
    const edge = await all.serveWith({ env: ENV }, ...args(), ...ADMIN);
    const signatures = await attackWith(edge, what.includes('stores rules'));
    const texts = await adminTexts(edge);
    const lines = () =>
      edge.stdout().match(/"msg":"request"| (?:GET|PUT|PROPFIND|OPTIONS) \d+ /g)?.length ?? 0;
    await until('the requests are logged', () => lines() >= FORM_NAMES.length * 12, PATIENCE);
    edge.child.kill('SIGTERM');
    expect(await edge.code).toBe(0);
    signatures.push(...signaturesIn(received));
    if (what.includes('folder'))
      for (const status of [204, 403])
        expect(edge.stdout()).toMatch(new RegExp(`"POST".*"status":${status}`));
    // Every form has signed, with a signature for each of its requests.
    expect(new Set(signatures).size).toBeGreaterThan(FORM_NAMES.length);
    const secrets = new Set([
      ...[CLIENT, EDGE].flatMap(({ accessKeySecret, securityToken = '' }) => [
        accessKeySecret,
        securityToken,
      ]),
      ...Object.values(TOKENS),
      ...signatures,
    ]);
    const written = [edge.stdout(), edge.stderr(), ...texts].join('\n');
    expect(secretsIn(written, secrets)).toEqual([]);
    // The control: this search finds what is written, and each secret if it were.
    expect(secretsIn(written, [ORIGIN, '/broken'])).toEqual([ORIGIN, '/broken']);
    for (const secret of secrets)
      for (const spelling of spellings(secret))
        expect(secretsIn(`{"path":"/x${spelling}y"}`, [secret])).toEqual([secret]);
  });
});
