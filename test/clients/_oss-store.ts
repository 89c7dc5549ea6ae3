/** An OSS bucket in memory: what ali-oss asks for and the directory bucket lacks, parts, lists, copies and forms. */
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Credentials } from '../../src/bucket/sign/credentials.ts';
import { checkSignature } from '../../src/node/directory/signature.ts';
import { listen } from '../helpers/listen.ts';
import {
  actOf,
  escaped,
  etagOf,
  type Refused,
  type Reply,
  type Request,
  refuse,
  type State,
  xml,
} from './_oss-acts.ts';

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

/** Throws a refusal of a request whose signature is wrong. */
export type Check = (incoming: IncomingMessage) => Promise<unknown>;

/** Opens a store that checks every signature, by OSS's forms or by `check`, and the policy of a form. */
export async function openOssStore(
  bucket: string,
  credentials: Credentials,
  check: Check = (incoming) =>
    checkSignature(incoming, {
      dialect: 'oss',
      bucket,
      prefix: '',
      credentials: async () => [credentials],
      wallClock: Date.now,
    }),
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
