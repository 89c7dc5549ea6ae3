import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Run, stop } from '../cli/_process.ts';
import { command } from './_command.ts';
import { type CurlAnswer, curl } from './_curl.ts';
import { startEdge } from './_edge.ts';
import { CLIENT_KEYS, OTHER_KEYS } from './_gateway.ts';
import { SKIPPED, SYSTEM_PATH } from './_programs.ts';
import { openRecorder, type Recorder } from './_recorder.ts';
import { openWitness, type Witness } from './_witness.ts';

/** The edge stores its rules, and signs again for its objects. */
const BUCKET = 'hostile';
/** Another bucket of the same edge, with keys of its own. */
const OTHER = 'hostile-other';
const HOST = `${BUCKET}.files.test`;
const OTHER_HOST = `${OTHER}.files.test`;

const DOCUMENT =
  '<CORSConfiguration><CORSRule><AllowedOrigin>https://app.example.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>';
const WIDER = DOCUMENT.replace('https://app.example.com', '*');
const NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** A request as _forge.py signs it. */
interface Asked {
  readonly method: string;
  readonly url: string;
  readonly form: 'header' | 'query';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly token?: string;
  readonly region?: string;
  readonly service?: string;
  /** The clock of the client, in seconds after the true time. */
  readonly seconds?: number;
  readonly expires?: number;
  /** Headers that the signature leaves out. */
  readonly unsigned?: readonly string[];
}

/** A request as it is sent: a header may occur twice. */
interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

interface Row {
  readonly codes: readonly string[];
  /** Changes what is signed. */
  readonly ask?: (asked: Asked) => Partial<Asked>;
  /** Changes what was signed before it is sent. */
  readonly send?: (sent: Sent, asked: Asked) => Partial<Sent>;
  /** Only this form of signature. */
  readonly form?: Asked['form'];
  /** Only with a body. */
  readonly withBody?: true;
}

const here = (url: string): string => url.replace(OTHER_HOST, HOST);
const header = (name: string, value: string) => [name, value] as const;
const dropped = ({ headers }: Sent, dropped: string) =>
  headers.filter(([name]) => name.toLowerCase() !== dropped);

const HOSTILE: Readonly<Record<string, Row>> = {
  'without a signature': {
    codes: ['AccessDenied'],
    send: (sent, asked) => ({ url: asked.url, headers: dropped(sent, 'authorization') }),
  },
  'with a key that is not known': {
    codes: ['InvalidAccessKeyId'],
    ask: () => ({ accessKey: 'ANOTHERACCESSKEY0001' }),
  },
  'with another secret': { codes: ['SignatureDoesNotMatch'], ask: () => ({ secretKey: 'another' }) },
  'with a key of another bucket of this edge': { codes: ['InvalidAccessKeyId'], ask: () => OTHER_KEYS },
  'with a session token that its key has not': {
    codes: ['InvalidToken', 'InvalidSecurityToken'],
    ask: () => ({ token: 'a-token' }),
  },
  'replayed after sixteen minutes': {
    codes: ['RequestTimeTooSkewed'],
    ask: () => ({ seconds: -16 * 60 }),
    form: 'header',
  },
  'dated sixteen minutes ahead': {
    codes: ['RequestTimeTooSkewed', 'AccessDenied'],
    ask: () => ({ seconds: 16 * 60 }),
  },
  'presigned for ten minutes, eleven minutes ago': {
    codes: ['AccessDenied'],
    ask: () => ({ seconds: -11 * 60 }),
    form: 'query',
  },
  'presigned for longer than a week': {
    codes: ['AuthorizationQueryParametersError'],
    ask: () => ({ expires: 7 * 86400 + 1 }),
    form: 'query',
  },
  'presigned for less than no time': {
    codes: ['AuthorizationQueryParametersError'],
    ask: () => ({ expires: -1 }),
    form: 'query',
  },
  'presigned for a longer time than was signed': {
    codes: ['SignatureDoesNotMatch'],
    send: ({ url }) => ({ url: url.replace('X-Amz-Expires=600', 'X-Amz-Expires=6000') }),
    form: 'query',
  },
  'presigned, with a second time after it': {
    codes: ['SignatureDoesNotMatch', 'AuthorizationQueryParametersError'],
    send: ({ url }) => ({ url: `${url}&X-Amz-Expires=6000` }),
    form: 'query',
  },
  'signed for another bucket': {
    codes: ['SignatureDoesNotMatch'],
    ask: ({ url }) => ({ url: url.replace(HOST, OTHER_HOST) }),
    send: ({ url }) => ({ url: here(url) }),
  },
  'signed for another method': {
    codes: ['SignatureDoesNotMatch'],
    ask: ({ method }) => ({ method: method === 'GET' ? 'HEAD' : 'GET' }),
  },
  'signed for another path': {
    codes: ['SignatureDoesNotMatch'],
    ask: ({ url }) => ({ url: url.replace('.test/', '.test/another') }),
    send: ({ url }) => ({ url: url.replace('.test/another', '.test/') }),
  },
  'signed for another region': {
    codes: ['AuthorizationHeaderMalformed', 'AuthorizationQueryParametersError', 'SignatureDoesNotMatch'],
    ask: () => ({ region: 'eu-central-1' }),
  },
  'signed for another service': {
    codes: ['AuthorizationHeaderMalformed', 'AuthorizationQueryParametersError', 'SignatureDoesNotMatch'],
    ask: () => ({ service: 'ec2' }),
  },
  'with a subresource that was not signed': {
    codes: ['SignatureDoesNotMatch'],
    send: ({ url }) => ({ url: `${url}${url.includes('?') ? '&' : '?'}acl=` }),
  },
  'with a header of the store that was not signed': {
    codes: ['AccessDenied', 'SignatureDoesNotMatch'],
    send: ({ headers }) => ({ headers: [...headers, header('x-amz-acl', 'public-read')] }),
  },
  'with a second value of a signed header': {
    codes: ['SignatureDoesNotMatch'],
    ask: ({ headers }) => ({ headers: { ...headers, 'x-amz-meta-a': 'one' } }),
    send: ({ headers }) => ({ headers: [...headers, header('x-amz-meta-a', 'two')] }),
  },
  'without a header that was signed': {
    codes: ['SignatureDoesNotMatch', 'AccessDenied'],
    ask: ({ headers }) => ({ headers: { ...headers, 'x-amz-meta-a': 'one' } }),
    send: (sent) => ({ headers: dropped(sent, 'x-amz-meta-a') }),
  },
  'with a signature that leaves the Host out': {
    codes: [
      'SignatureDoesNotMatch',
      'AccessDenied',
      'AuthorizationHeaderMalformed',
      'AuthorizationQueryParametersError',
    ],
    ask: () => ({ unsigned: ['host'] }),
  },
  'without a date': {
    codes: ['AccessDenied', 'AuthorizationHeaderMalformed'],
    send: (sent) => ({ headers: dropped(sent, 'x-amz-date') }),
    form: 'header',
  },
  'without a digest of its body': {
    codes: ['InvalidRequest', 'SignatureDoesNotMatch'],
    send: (sent) => ({ headers: dropped(sent, 'x-amz-content-sha256') }),
    form: 'header',
  },
  'with another body than was signed': {
    codes: ['XAmzContentSHA256Mismatch'],
    send: () => ({ body: WIDER }),
    form: 'header',
    withBody: true,
  },
  'with the signed digest of an empty body': {
    codes: ['XAmzContentSHA256Mismatch'],
    ask: () => ({ body: '' }),
    send: () => ({ body: WIDER }),
    form: 'header',
    withBody: true,
  },
  'with the digest of an empty body, sent after signing': {
    codes: ['SignatureDoesNotMatch'],
    send: (sent) => ({
      headers: [...dropped(sent, 'x-amz-content-sha256'), header('X-Amz-Content-SHA256', NOTHING)],
    }),
    form: 'header',
    withBody: true,
  },
  'with its Authorization twice': {
    codes: ['InvalidArgument', 'AccessDenied', 'InvalidRequest'],
    send: (sent) => ({
      headers: [...sent.headers, ...sent.headers.filter(([name]) => name === 'Authorization')],
    }),
    form: 'header',
  },
  'with an Authorization beside its signed URL': {
    codes: ['InvalidArgument', 'AccessDenied', 'InvalidRequest'],
    send: ({ headers }) => ({
      headers: [...headers, header('Authorization', 'AWS4-HMAC-SHA256 Credential=a')],
    }),
    form: 'query',
  },
  'with a signature of version 2': {
    codes: ['InvalidArgument', 'InvalidRequest', 'AccessDenied'],
    send: (sent) => ({
      headers: [
        ...dropped(sent, 'authorization'),
        header('Authorization', `AWS ${CLIENT_KEYS.accessKey}:AAAAAAAAAAAAAAAAAAAAAAAAAAA=`),
      ],
    }),
    form: 'header',
  },
  'with a signature for OSS': {
    codes: ['InvalidArgument', 'InvalidRequest', 'AccessDenied'],
    send: (sent) => ({
      headers: [
        ...dropped(sent, 'authorization'),
        header('Authorization', `OSS ${CLIENT_KEYS.accessKey}:AAAAAAAAAAAAAAAAAAAAAAAAAAA=`),
      ],
    }),
    form: 'header',
  },
};

/** What a client may want: each is accepted when it is signed well. */
const REQUESTS = {
  'a read of the rules': { method: 'GET', url: `http://${HOST}/?cors=`, body: '' },
  'a write of rules': { method: 'PUT', url: `http://${HOST}/?cors=`, body: DOCUMENT },
  'a deletion of the rules': { method: 'DELETE', url: `http://${HOST}/?cors=`, body: '' },
  'a read of an object': { method: 'GET', url: `http://${HOST}/object`, body: '' },
  'a write of an object': { method: 'PUT', url: `http://${HOST}/object`, body: DOCUMENT },
  'a deletion of an object': { method: 'DELETE', url: `http://${HOST}/object`, body: '' },
} as const;

let witness: Witness;
let recorder: Recorder;
let home: string;
let edge: Run;
let edgeUrl: string;

/** Every request of the tables, signed in one run of Python. */
const TABLE = Object.entries(REQUESTS).flatMap(([what, { method, url, body }]) =>
  (['header', 'query'] as const).flatMap((form) => {
    const wanted: Asked = { method, url, body, form, headers: {}, ...CLIENT_KEYS };
    const rows = Object.entries(HOSTILE).filter(
      ([, row]) => (row.form ?? form) === form && (row.withBody !== true || body !== ''),
    );
    return [
      { name: `${what} (${form})`, how: '', wanted, asked: wanted, row: null },
      ...rows.map(([how, row]) => {
        const asked = { ...wanted, ...row.ask?.(wanted) };
        return { name: `${what} (${form})`, how, wanted, asked, row };
      }),
    ];
  }),
);
const signed: { url: string; headers: Record<string, string> }[] = [];

beforeAll(async () => {
  const gateway = inject('gateway');
  witness = openWitness(gateway);
  home = mkdtempSync(join(tmpdir(), 'rgw-hostile-'));
  const stateDir = join(home, 'state');
  mkdirSync(stateDir);
  recorder = await openRecorder(gateway.url);
  const at = (bucket: string) => ({ bucket: `s3://${bucket}?endpoint=${recorder.url}` });
  const modes = { management: 'keep', objects: 'resign' } as const;
  for (const bucket of [BUCKET, OTHER]) await witness.create(bucket);
  const buckets = {
    [BUCKET]: { ...at(BUCKET), ...modes, hosts: [HOST], clientKeys: 'env:CLIENT' },
    [OTHER]: { ...at(OTHER), ...modes, hosts: [OTHER_HOST], clientKeys: 'env:OTHER' },
  };
  edge = startEdge(home, gateway, buckets, { stateDir });
  edgeUrl = await edge.address('edge');
  const input = JSON.stringify(TABLE.map(({ asked }) => asked));
  const script = new URL('_forge.py', import.meta.url).pathname;
  const { stdout } = await command('python3', [script], { env: { PATH: SYSTEM_PATH }, input });
  signed.push(...JSON.parse(String(stdout)));
});

afterAll(async () => {
  await stop(edge);
  await recorder.close();
  witness.close();
  rmSync(home, { recursive: true, force: true });
});

const folder = () => mkdtempSync(join(home, 'files-'));

function send({ method, url, headers, body }: Sent): Promise<CurlAnswer> {
  const { host } = new URL(url);
  const args = headers.flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const content = body === '' ? [] : ['--data-binary', body];
  const target = url.slice(url.indexOf(host) + host.length);
  // Without a type curl sends that of a form.
  const type = ['-H', 'Content-Type:'];
  return curl(
    { folder },
    { url: edgeUrl, host, root: '' },
    target,
    '-X',
    method,
    ...type,
    ...args,
    ...content,
  );
}

const codeOf = ({ body }: CurlAnswer): string | undefined => /<Code>(.*?)<\/Code>/.exec(String(body))?.[1];

/** The preflights, the stored rules' file and the bucket's objects together. */
async function state() {
  const preflight = ['-X', 'OPTIONS', '-H', 'Access-Control-Request-Method: GET'];
  const ask = async (origin: string) => {
    const way = { url: edgeUrl, host: HOST, root: '' };
    return (await curl({ folder }, way, '/object', ...preflight, '-H', `Origin: ${origin}`)).statuses;
  };
  return {
    preflights: [await ask('https://app.example.com'), await ask('https://another.example.com')],
    objects: await witness.objects(BUCKET, ''),
    other: await witness.objects(OTHER, ''),
    rules: await witness.rules(BUCKET),
  };
}

describe.skipIf(SKIPPED)('signed requests through an edge that stores rules and signs again', () => {
  const cases = TABLE.map((entry, at) => ({ ...entry, at }));
  const sentOf = ({ at, wanted }: (typeof cases)[number]): Sent => {
    const { url, headers } = signed[at] as (typeof signed)[number];
    return { method: wanted.method, url, headers: Object.entries(headers), body: wanted.body };
  };

  test.each(cases.filter(({ row }) => row === null))('$name is accepted', async (entry) => {
    await witness.put(BUCKET, 'object', 'content');
    const answered = await send(sentOf(entry));
    // Rules may be deleted already.
    expect([200, 204, ...(entry.name.startsWith('a read of the rules') ? [404] : [])]).toContain(
      answered.statuses.at(-1),
    );
  });

  describe('are refused', () => {
    let before: Awaited<ReturnType<typeof state>>;
    beforeAll(async () => {
      await witness.put(BUCKET, 'object', 'content');
      const write = cases.find(({ name, row }) => row === null && name === 'a write of rules (header)');
      await send(sentOf(write as (typeof cases)[number]));
      before = await state();
      expect(before.preflights).toEqual([[200], [403]]);
      recorder.asked.length = 0;
    });

    test.each(cases.filter(({ row }) => row !== null))('$name $how', async (entry) => {
      const sent = sentOf(entry);
      const row = entry.row as Row;
      const answered = await send({ ...sent, ...row.send?.(sent, entry.wanted) });
      expect({ status: answered.statuses, code: codeOf(answered) }).toEqual({
        status: [expect.toSatisfy((status) => status >= 400 && status < 500)],
        code: expect.toSatisfy((code) => row.codes.includes(code)),
      });
      expect(recorder.asked, 'requests that reached the bucket').toEqual([]);
    });

    test('and then nothing was read or written, and no secret or signature was logged', async () => {
      expect(await state()).toEqual(before);
      const said = `${edge.stdout()}${edge.stderr()}`;
      for (const { secretKey } of [CLIENT_KEYS, OTHER_KEYS, inject('gateway')])
        expect(said).not.toContain(secretKey);
      expect(said).not.toMatch(/[0-9a-f]{64}/);
    });
  });
});
