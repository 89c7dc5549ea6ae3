/** What an OSS bucket does with a request, for the store of the tests. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { XMLParser } from 'fast-xml-parser';
import type { Credentials } from '../../src/bucket/sign/credentials.ts';

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

export interface Request {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface State {
  /** Contents by key. */
  readonly objects: Map<string, Buffer>;
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

export interface Refused {
  readonly code: string;
  readonly status: number;
}

export const refuse = (status: number, code: string, message = code): Error =>
  Object.assign(new Error(message), { status, code } satisfies Refused);

/** The subresource of a request decides, then its method. */
export function actOf({ method, key, query, headers }: Request): Act {
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

const md5 = (content: Buffer): string => createHash('md5').update(content).digest('hex').toUpperCase();
export const etagOf = ({ objects, etags }: State, key: string): string =>
  etags.get(key) ?? etag(found(objects, key));
const etag = (content: Buffer): string => `"${md5(content)}"`;
export const xml = (status: number, body: string): Reply => ({
  status,
  headers: { 'Content-Type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
});

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const parser = new XMLParser();
const unescaped = (text: string): string => String(parser.parse(`<a>${text}</a>`).a);
