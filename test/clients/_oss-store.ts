/** An OSS bucket in memory: what ali-oss asks for and the directory bucket lacks, parts, lists, copies and forms. */
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { XMLParser } from 'fast-xml-parser';
import type { Credentials } from '../../src/bucket/sign/credentials.ts';
import { checkSignature } from '../../src/node/directory/signature.ts';
import { listen } from '../helpers/listen.ts';

/** One request as it arrived at the store. */
export interface Asked {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
}

export interface OssStore {
  readonly url: string;
  /** Contents by key. */
  readonly objects: Map<string, Buffer>;
  etag(key: string): string;
  /** The CORS document; null: none. */
  rules: string | null;
  /** Requests in order of arrival. */
  readonly asked: Asked[];
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

interface Request {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Throws a refusal of a request whose signature is wrong. */
export type Check = (incoming: IncomingMessage) => Promise<void>;

interface State extends Pick<OssStore, 'objects'> {
  /** ETags of objects that were uploaded in parts. */
  readonly etags: Map<string, string>;
  readonly bucket: string;
  readonly credentials: Credentials;
  /** Parts by the id of their upload. */
  readonly uploads: Map<string, Map<number, Buffer>>;
  rules: string | null;
}

type Act = (state: State, request: Request) => Reply | Promise<Reply>;

const RULES_LIMIT = 10;
const METHODS = ['GET', 'PUT', 'DELETE', 'POST', 'HEAD'];

/** Opens a store that checks every signature, by OSS's forms or by `check`, and the policy of a form. */
export async function openOssStore(
  bucket: string,
  credentials: Credentials,
  check: Check = (incoming) =>
    checkSignature(incoming, { bucket, credentials: [credentials], wallClock: Date.now }),
): Promise<OssStore> {
  const state: State = {
    bucket,
    credentials,
    objects: new Map(),
    etags: new Map(),
    uploads: new Map(),
    rules: null,
  };
  const asked: Asked[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push({ method: incoming.method ?? '', target: incoming.url ?? '', headers: incoming.rawHeaders });
    void answer(state, check, incoming).then((reply) => send(outgoing, reply));
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    objects: state.objects,
    etag: (key) => etagOf(state, key),
    asked,
    get rules() {
      return state.rules;
    },
    set rules(document) {
      state.rules = document;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(state: State, check: Check, incoming: IncomingMessage): Promise<Reply> {
  try {
    const body = await bodyOf(incoming);
    const { pathname, searchParams: query } = new URL(incoming.url ?? '/', 'http://store');
    const { method = '', headers } = incoming;
    const request = { method, key: decodeURIComponent(pathname.slice(1)), query, headers, body };
    const isForm = method === 'POST' && headers['content-type']?.startsWith('multipart/form-data') === true;
    if (isForm) return await storeForm(state, request);
    await check(incoming);
    checkMd5(request);
    return await actOf(request)(state, request);
  } catch (error) {
    const { code = 'InternalError', status = 500, message } = error as Partial<Refused> & Error;
    return xml(status, `<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`);
  }
}

interface Refused {
  readonly code: string;
  readonly status: number;
}

export const refuse = (status: number, code: string, message = code): Error =>
  Object.assign(new Error(message), { status, code } satisfies Refused);

/** The subresource of a request decides, then its method. */
function actOf({ method, key, query, headers }: Request): Act {
  const subresource = ['cors', 'uploads', 'uploadId', 'delete'].find((name) => query.has(name)) ?? '';
  const what = sourceOf(headers) === undefined ? subresource : 'copy';
  const act = ACTS[`${method} ${key === '' ? 'bucket' : 'object'} ${what}`.trimEnd()];
  if (act === undefined) throw refuse(501, 'NotImplemented');
  return act;
}

const ACTS: Readonly<Record<string, Act>> = {
  'GET bucket cors': ({ rules }) => {
    if (rules === null)
      throw refuse(404, 'NoSuchCORSConfiguration', 'The CORS Configuration does not exist.');
    return { status: 200, headers: { 'Content-Type': 'application/xml' }, body: rules };
  },
  'PUT bucket cors': (state, { body }) => {
    const rules = String(body).match(/<CORSRule>/g)?.length ?? 0;
    const methods = [...String(body).matchAll(/<AllowedMethod>(.*?)<\/AllowedMethod>/g)];
    const hasBad = methods.some(([, method = '']) => !METHODS.includes(method));
    if (rules === 0 || hasBad) throw refuse(400, 'MalformedXML');
    if (rules > RULES_LIMIT)
      throw refuse(400, 'CORSRuleBeyondLimit', 'The number of CORS rules is too large.');
    state.rules = String(body);
    return { status: 200 };
  },
  'DELETE bucket cors': (state) => {
    state.rules = null;
    return { status: 204 };
  },
  'GET bucket': listKeys,
  'POST bucket delete': ({ objects }, { body }) => {
    const keys = [...String(body).matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = '']) => unescaped(key));
    for (const key of keys) objects.delete(key);
    const deleted = keys.map((key) => `<Deleted><Key>${escaped(key)}</Key></Deleted>`);
    return xml(200, `<DeleteResult>${deleted.join('')}</DeleteResult>`);
  },
  'PUT object': ({ objects, etags }, { key, body }) => {
    etags.delete(key);
    objects.set(key, body);
    return { status: 200, headers: { ETag: etag(body) } };
  },
  'PUT object copy': ({ objects }, { key, headers }) => {
    const content = found(objects, sourceOf(headers) ?? '');
    objects.set(key, content);
    return xml(200, `<CopyObjectResult><ETag>${escaped(etag(content))}</ETag></CopyObjectResult>`);
  },
  'GET object': (state, { key, headers }) => ranged(state, key, headers.range),
  'HEAD object': (state, { key }) => ranged(state, key, undefined),
  'DELETE object': ({ objects }, { key }) => {
    objects.delete(key);
    return { status: 204 };
  },
  'POST object uploads': ({ uploads, bucket }, { key }) => {
    const id = `UPLOAD${uploads.size}`;
    uploads.set(id, new Map());
    const names = `<Bucket>${bucket}</Bucket><Key>${escaped(key)}</Key><UploadId>${id}</UploadId>`;
    return xml(200, `<InitiateMultipartUploadResult>${names}</InitiateMultipartUploadResult>`);
  },
  'PUT object uploadId': ({ uploads }, { query, body }) => {
    partsOf(uploads, query).set(Number(query.get('partNumber')), body);
    return { status: 200, headers: { ETag: etag(body) } };
  },
  'POST object uploadId': ({ objects, etags, uploads, bucket }, { key, query, body }) => {
    const parts = partsOf(uploads, query);
    const named = [...String(body).matchAll(/<PartNumber>(\d+)<\/PartNumber>\s*<ETag>(.*?)<\/ETag>/g)];
    const contents = named.map(([, number, tag = '']) => {
      const part = parts.get(Number(number));
      if (part === undefined || unescaped(tag) !== etag(part)) throw refuse(400, 'InvalidPart');
      return part;
    });
    objects.set(key, Buffer.concat(contents));
    const tag = `"${md5(Buffer.concat(contents)).slice(0, 32)}-${contents.length}"`;
    etags.set(key, tag);
    const names = `<Bucket>${bucket}</Bucket><Key>${escaped(key)}</Key><ETag>${escaped(tag)}</ETag>`;
    const result = `<CompleteMultipartUploadResult>${names}</CompleteMultipartUploadResult>`;
    const reply = xml(200, result);
    return { ...reply, headers: { ...reply.headers, ETag: tag } };
  },
};

/** The key that a copy is made from; before it is the bucket's name (OSS) or its host (COS). */
function sourceOf(headers: Request['headers']): string | undefined {
  const source = headers['x-oss-copy-source'] ?? headers['x-cos-copy-source'];
  return source === undefined ? undefined : decodeURIComponent(String(source)).replace(/^\/?[^/]+\//, '');
}

function listKeys({ objects, bucket }: State, { query }: Request): Reply {
  const prefix = query.get('prefix') ?? '';
  const contents = [...objects]
    .filter(([key]) => key.startsWith(prefix))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, content]) => {
      const about = `<ETag>${escaped(etag(content))}</ETag><Size>${content.length}</Size>`;
      const when = `<LastModified>2026-01-02T03:04:05.000Z</LastModified>`;
      return `<Contents><Key>${escaped(key)}</Key>${when}${about}<StorageClass>Standard</StorageClass></Contents>`;
    });
  const counts = `<KeyCount>${contents.length}</KeyCount><IsTruncated>false</IsTruncated>`;
  const head = `<Name>${bucket}</Name><Prefix>${escaped(prefix)}</Prefix>${counts}`;
  return xml(200, `<ListBucketResult>${head}${contents.join('')}</ListBucketResult>`);
}

/** A form is authenticated by the V1 signature of its policy, which is not read further. */
async function storeForm({ objects, credentials }: State, { headers, body }: Request): Promise<Reply> {
  const type = { 'content-type': headers['content-type'] ?? '' };
  const form = await new Response(new Uint8Array(body), { headers: type }).formData();
  const text = (name: string) => String(form.get(name) ?? '');
  if (text('OSSAccessKeyId') !== credentials.accessKeyId) throw refuse(403, 'InvalidAccessKeyId');
  const right = createHmac('sha1', credentials.accessKeySecret).update(text('policy')).digest('base64');
  if (text('Signature') !== right) throw refuse(403, 'SignatureDoesNotMatch');
  const file = form.get('file');
  if (!(file instanceof File)) throw refuse(400, 'MalformedPOSTRequest');
  objects.set(text('key'), Buffer.from(await file.arrayBuffer()));
  return { status: 204 };
}

function ranged(state: State, key: string, range: string | undefined): Reply {
  const content = found(state.objects, key);
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  const about = {
    ETag: etagOf(state, key),
    'Content-Type': 'application/octet-stream',
    'Accept-Ranges': 'bytes',
  };
  if (first === '') return { status: 200, headers: about, body: content };
  const where = { 'Content-Range': `bytes ${first}-${last}/${content.length}` };
  return {
    status: 206,
    headers: { ...about, ...where },
    body: content.subarray(Number(first), Number(last) + 1),
  };
}

function found(objects: State['objects'], key: string): Buffer {
  const content = objects.get(key);
  if (content === undefined) throw refuse(404, 'NoSuchKey');
  return content;
}

function partsOf(uploads: State['uploads'], query: URLSearchParams): Map<number, Buffer> {
  const parts = uploads.get(query.get('uploadId') ?? '');
  if (parts === undefined) throw refuse(404, 'NoSuchUpload');
  return parts;
}

function checkMd5({ headers, body }: Request): void {
  const promised = headers['content-md5'];
  const right = createHash('md5').update(body).digest('base64');
  if (promised !== undefined && promised !== right) throw refuse(400, 'InvalidDigest');
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function send(outgoing: ServerResponse, { status, headers = {}, body = '' }: Reply): void {
  outgoing.writeHead(status, {
    'x-oss-request-id': '5FF16B65F05BC932307A3C3C',
    ...headers,
    ...(status !== 204 && { 'Content-Length': Buffer.byteLength(body) }),
  });
  outgoing.end(body);
}

const md5 = (content: Buffer): string => createHash('md5').update(content).digest('hex').toUpperCase();
const etagOf = ({ objects, etags }: State, key: string): string =>
  etags.get(key) ?? etag(found(objects, key));
const etag = (content: Buffer): string => `"${md5(content)}"`;
const xml = (status: number, body: string): Reply => ({
  status,
  headers: { 'Content-Type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
});

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const parser = new XMLParser();
const unescaped = (text: string): string => String(parser.parse(`<a>${text}</a>`).a);
