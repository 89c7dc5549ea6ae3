import { beforeAll, describe, expect, test } from 'vitest';
import { command } from './_command.ts';
import type { CurlAnswer } from './_curl.ts';
import { CLIENT_KEYS, OTHER_KEYS } from './_gateway.ts';
import { SKIPPED, SYSTEM_PATH } from './_programs.ts';
import { useRecorded } from './_recorded.ts';

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
  /** What the refusal says, for both forms or for each. */
  readonly code: string | Readonly<Record<Asked['form'], string>>;
  /** Changes what is signed. */
  readonly ask?: (asked: Asked) => Partial<Asked>;
  /** Changes what was signed before it is sent. */
  readonly send?: (sent: Sent, asked: Asked) => Partial<Sent>;
  /** Only this form of signature. */
  readonly form?: Asked['form'];
  /** Only with a body. */
  readonly withBody?: true;
  /** For an object it reaches the bucket, which refuses it: objects for everybody need no signature, and bodies are not read ahead. */
  readonly bucketRefuses?: true;
}

const header = (name: string, value: string) => [name, value] as const;
const dropped = ({ headers }: Sent, dropped: string) =>
  headers.filter(([name]) => name.toLowerCase() !== dropped);

const HOSTILE: Readonly<Record<string, Row>> = {
  'without a signature': {
    code: 'AccessDenied',
    send: (sent, asked) => ({ url: asked.url, headers: dropped(sent, 'authorization') }),
    bucketRefuses: true,
  },
  'with a key that is not known': {
    code: 'InvalidAccessKeyId',
    ask: () => ({ accessKey: 'ANOTHERACCESSKEY0001' }),
  },
  'with another secret': { code: 'SignatureDoesNotMatch', ask: () => ({ secretKey: 'another' }) },
  'with a key of another bucket of this edge': { code: 'InvalidAccessKeyId', ask: () => OTHER_KEYS },
  'with a session token that its key has not': {
    code: 'InvalidAccessKeyId',
    ask: () => ({ token: 'a-token' }),
  },
  'replayed after sixteen minutes': {
    code: 'RequestTimeTooSkewed',
    ask: () => ({ seconds: -16 * 60 }),
    form: 'header',
  },
  'dated sixteen minutes ahead': {
    code: { header: 'RequestTimeTooSkewed', query: 'AccessDenied' },
    ask: () => ({ seconds: 16 * 60 }),
  },
  'presigned for ten minutes, eleven minutes ago': {
    code: 'AccessDenied',
    ask: () => ({ seconds: -11 * 60 }),
    form: 'query',
  },
  'presigned for longer than a week': {
    code: 'AuthorizationQueryParametersError',
    ask: () => ({ expires: 7 * 86400 + 1 }),
    form: 'query',
  },
  'presigned for less than no time': {
    code: 'AuthorizationQueryParametersError',
    ask: () => ({ expires: -1 }),
    form: 'query',
  },
  'presigned for a longer time than was signed': {
    code: 'SignatureDoesNotMatch',
    send: ({ url }) => ({ url: url.replace('X-Amz-Expires=600', 'X-Amz-Expires=6000') }),
    form: 'query',
  },
  'presigned, with a second time after it': {
    code: 'AuthorizationQueryParametersError',
    send: ({ url }) => ({ url: `${url}&X-Amz-Expires=6000` }),
    form: 'query',
  },
  'signed for another bucket': {
    code: 'SignatureDoesNotMatch',
    ask: ({ url }) => ({ url: url.replace(HOST, OTHER_HOST) }),
    send: ({ url }) => ({ url: url.replace(OTHER_HOST, HOST) }),
  },
  'signed for another method': {
    code: 'SignatureDoesNotMatch',
    ask: ({ method }) => ({ method: method === 'GET' ? 'HEAD' : 'GET' }),
  },
  'signed for another path': {
    code: 'SignatureDoesNotMatch',
    ask: ({ url }) => ({ url: url.replace('.test/', '.test/another') }),
    send: ({ url }) => ({ url: url.replace('.test/another', '.test/') }),
  },
  'signed for another region': {
    code: { header: 'AuthorizationHeaderMalformed', query: 'AuthorizationQueryParametersError' },
    ask: () => ({ region: 'eu-central-1' }),
  },
  'signed for another service': {
    code: { header: 'AuthorizationHeaderMalformed', query: 'AuthorizationQueryParametersError' },
    ask: () => ({ service: 'ec2' }),
  },
  'with a subresource that was not signed': {
    code: 'SignatureDoesNotMatch',
    send: ({ url }) => ({ url: `${url}${url.includes('?') ? '&' : '?'}acl=` }),
  },
  'with a header of the store that was not signed': {
    code: 'AccessDenied',
    send: ({ headers }) => ({ headers: [...headers, header('x-amz-acl', 'public-read')] }),
  },
  'with a second value of a signed header': {
    code: 'InvalidArgument',
    ask: ({ headers }) => ({ headers: { ...headers, 'x-amz-meta-a': 'one' } }),
    send: ({ headers }) => ({ headers: [...headers, header('x-amz-meta-a', 'two')] }),
  },
  'without a header that was signed': {
    code: 'AccessDenied',
    ask: ({ headers }) => ({ headers: { ...headers, 'x-amz-meta-a': 'one' } }),
    send: (sent) => ({ headers: dropped(sent, 'x-amz-meta-a') }),
  },
  'with a signature that leaves the Host out': {
    code: { header: 'AccessDenied', query: 'AuthorizationQueryParametersError' },
    ask: () => ({ unsigned: ['host'] }),
  },
  'without a date': {
    code: 'AccessDenied',
    send: (sent) => ({ headers: dropped(sent, 'x-amz-date') }),
    form: 'header',
  },
  'without a digest of its body': {
    code: 'InvalidRequest',
    send: (sent) => ({ headers: dropped(sent, 'x-amz-content-sha256') }),
    form: 'header',
  },
  'with another body than was signed': {
    code: 'XAmzContentSHA256Mismatch',
    send: () => ({ body: WIDER }),
    form: 'header',
    withBody: true,
    bucketRefuses: true,
  },
  'with the signed digest of an empty body': {
    code: 'XAmzContentSHA256Mismatch',
    ask: () => ({ body: '' }),
    send: () => ({ body: WIDER }),
    form: 'header',
    withBody: true,
    bucketRefuses: true,
  },
  'with the digest of an empty body, sent after signing': {
    code: 'SignatureDoesNotMatch',
    send: (sent) => ({
      headers: [...dropped(sent, 'x-amz-content-sha256'), header('X-Amz-Content-SHA256', NOTHING)],
    }),
    form: 'header',
    withBody: true,
  },
  'with its Authorization twice': {
    code: 'AuthorizationHeaderMalformed',
    send: (sent) => ({
      headers: [...sent.headers, ...sent.headers.filter(([name]) => name === 'Authorization')],
    }),
    form: 'header',
  },
  'with an Authorization beside its signed URL': {
    code: 'InvalidArgument',
    send: ({ headers }) => ({
      headers: [...headers, header('Authorization', 'AWS4-HMAC-SHA256 Credential=a')],
    }),
    form: 'query',
  },
  'with a signature of version 2': {
    code: 'InvalidArgument',
    send: (sent) => ({
      headers: [
        ...dropped(sent, 'authorization'),
        header('Authorization', `AWS ${CLIENT_KEYS.accessKey}:AAAAAAAAAAAAAAAAAAAAAAAAAAA=`),
      ],
    }),
    form: 'header',
  },
  'with a signature for OSS': {
    code: 'AccessDenied',
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

const modes = { management: 'keep', objects: 'resign' } as const;
const here = useRecorded([BUCKET, OTHER], (at) => ({
  [BUCKET]: { bucket: at(BUCKET), ...modes, hosts: [HOST], clientKeys: 'env:CLIENT' },
  [OTHER]: { bucket: at(OTHER), ...modes, hosts: [OTHER_HOST], clientKeys: 'env:OTHER' },
}));

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
type Signed = { readonly url: string; readonly headers: Record<string, string> };
const signed: Signed[] = [];

async function sign(asked: readonly Asked[]): Promise<readonly Signed[]> {
  const script = new URL('_forge.py', import.meta.url).pathname;
  const input = JSON.stringify(asked);
  const { stdout } = await command('python3', [script], { env: { PATH: SYSTEM_PATH }, input });
  return JSON.parse(String(stdout));
}

beforeAll(async () => {
  signed.push(...(await sign(TABLE.map(({ asked }) => asked))));
});

function send({ method, url, headers, body }: Sent): Promise<CurlAnswer> {
  const { host } = new URL(url);
  const args = headers.flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const content = body === '' ? [] : ['--data-binary', body];
  const target = url.slice(url.indexOf(host) + host.length);
  // Without a type curl sends that of a form.
  return here().curl(host, target, '-X', method, '-H', 'Content-Type:', ...args, ...content);
}

const codeOf = ({ body }: CurlAnswer): string | undefined => /<Code>(.*?)<\/Code>/.exec(String(body))?.[1];

/** What the hostile requests would change. */
async function state() {
  const preflight = ['-X', 'OPTIONS', '-H', 'Access-Control-Request-Method: GET'];
  const { witness, curl } = here();
  const ask = async (origin: string) =>
    (await curl(HOST, '/object', ...preflight, '-H', `Origin: ${origin}`)).statuses;
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
    await here().witness.put(BUCKET, 'object', 'content');
    const answered = await send(sentOf(entry));
    // Rules may be deleted already.
    expect([200, 204, ...(entry.name.startsWith('a read of the rules') ? [404] : [])]).toContain(
      answered.statuses.at(-1),
    );
  });

  describe('are refused', () => {
    let before: Awaited<ReturnType<typeof state>>;
    beforeAll(async () => {
      await here().witness.put(BUCKET, 'object', 'content');
      const write = cases.find(({ name, row }) => row === null && name === 'a write of rules (header)');
      await send(sentOf(write as (typeof cases)[number]));
      before = await state();
      expect(before.preflights).toEqual([[200], [403]]);
    });

    test.each(cases.filter(({ row }) => row !== null))('$name $how', async (entry) => {
      // The table takes longer than the minute by which such a request is too early.
      if ((entry.asked.seconds ?? 0) > 0) signed.splice(entry.at, 1, ...(await sign([entry.asked])));
      const sent = sentOf(entry);
      const row = entry.row as Row;
      here().asked.length = 0;
      const answered = await send({ ...sent, ...row.send?.(sent, entry.wanted) });
      const code = typeof row.code === 'string' ? row.code : row.code[entry.wanted.form];
      expect({ status: answered.statuses, code: codeOf(answered) }).toEqual({
        status: [expect.toSatisfy((status) => status === 400 || status === 403)],
        code,
      });
      const reaches = row.bucketRefuses === true && sent.url.includes('/object');
      expect(here().asked, 'requests that reached the bucket').toEqual(
        reaches ? [`${sent.method} /${BUCKET}/object`] : [],
      );
    });

    test('and then nothing was read or written, and no secret or signature was logged', async () => {
      expect(await state()).toEqual(before);
      const { edge, gateway } = here();
      const said = `${edge.stdout()}${edge.stderr()}`;
      for (const { secretKey } of [CLIENT_KEYS, OTHER_KEYS, gateway]) expect(said).not.toContain(secretKey);
      expect(said).not.toMatch(/[0-9a-f]{64}/);
    });
  });
});
