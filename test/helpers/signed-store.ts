import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { cut, decode, headerMap, parametersOf } from '../../src/bucket/sign/canonical.ts';
import type { Credentials } from '../../src/bucket/sign/credentials.ts';
import { isSigned, verifyRequest } from '../../src/bucket/verify/verify.ts';
import type { Dialect } from '../../src/cors/behaviour.ts';
import { unchunk } from '../../src/node/directory/chunked.ts';

/** A request that the store accepted or refused. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
  /** The code of its refusal; null: accepted. */
  readonly refused: string | null;
}

/** A bucket in memory that checks signatures: objects, ranges, multipart uploads, copies, lists, forms. */
export interface SignedStore {
  /** With the bucket's path, if it is path-style. */
  readonly url: string;
  readonly objects: Map<string, Buffer>;
  readonly seen: Seen[];
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly dialect: Dialect;
  readonly bucket: string;
  readonly region: string;
  readonly keys: readonly Credentials[];
  /** The bucket is a path, not a host. */
  readonly pathStyle?: boolean;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

interface Asked {
  readonly method: string;
  /** Decoded, without its slash; empty: the bucket. */
  readonly key: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

const etagOf = (bytes: Buffer): string => `"${createHash('md5').update(bytes).digest('hex')}"`;
const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const xml = (body: string, status = 200): Answer => ({
  status,
  headers: { 'Content-Type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
});
const failure = (status: number, code: string, message = ''): Answer =>
  xml(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`, status);
const codeOf = ({ body }: Answer): string | null => /<Code>(\w+)/.exec(String(body))?.[1] ?? null;

export async function openSignedStore(options: StoreOptions): Promise<SignedStore> {
  const { dialect, bucket, region, keys, pathStyle = false } = options;
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Map<number, Buffer>>();
  const seen: Seen[] = [];
  const home = pathStyle ? `/${bucket}` : '';
  const verifying = { dialect, bucket, region, keys: async () => keys, wallClock: Date.now };

  async function read(incoming: IncomingMessage): Promise<Answer> {
    const { method = '', url = '', rawHeaders: headers } = incoming;
    const target = url.slice(home.length);
    const request = { method, target: url, key: target.startsWith('/') ? target : `/${target}`, headers };
    const map = headerMap(headers);
    const isForm = method === 'POST' && map.get('content-type')?.startsWith('multipart/form-data') === true;
    if (!isForm) {
      if (!isSigned(request)) return failure(403, 'AccessDenied', 'anonymous');
      const verified = await verifyRequest(request, verifying);
      if (!verified.ok)
        return failure(verified.refusal.status, verified.refusal.code, verified.refusal.message);
    }
    const hash = map.get('x-amz-content-sha256');
    const body =
      hash === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
        ? await buffer(
            unchunk(incoming, {
              trailer: map.get('x-amz-trailer'),
              length: map.get('x-amz-decoded-content-length'),
              chunks: null,
              trailerSigned: false,
            }),
          )
        : await buffer(incoming);
    if (hash !== undefined && /^[0-9a-f]{64}$/.test(hash) && hash !== sha256Of(body))
      return failure(400, 'XAmzContentSHA256Mismatch');
    const parameters = new Map(parametersOf(target).map(([name, value]) => [decode(name), decode(value)]));
    const path = Buffer.from(decode(cut(request.key).path.slice(1)), 'latin1').toString();
    const asked = { method, key: path, parameters, headers: map, body };
    if (isForm) return form(asked);
    return path === '' ? ofBucket(asked) : (multipart(asked) ?? ofObject(asked));
  }

  function form({ body }: Asked): Answer {
    const field = (name: string) =>
      new RegExp(`name="${name}"(?:; filename="[^"]*")?(?:\\r\\n[^\\r]+)?\\r\\n\\r\\n([^]*?)\\r\\n--`).exec(
        body.toString('latin1'),
      )?.[1];
    objects.set(field('key') ?? '', Buffer.from(field('file') ?? '', 'latin1'));
    return { status: field('policy') === undefined ? 403 : 204 };
  }

  function ofBucket({ method, parameters, body }: Asked): Answer {
    if (method === 'POST' && parameters.has('delete')) {
      for (const [, key = ''] of String(body).matchAll(/<Key>([^<]*)<\/Key>/g)) objects.delete(key);
      return xml('<DeleteResult></DeleteResult>');
    }
    if (method !== 'GET') return failure(405, 'MethodNotAllowed');
    const prefix = parameters.get('prefix') ?? '';
    const found = [...objects]
      .filter(([key]) => key.startsWith(prefix))
      .map(
        ([key, bytes]) =>
          `<Contents><Key>${key}</Key><Size>${bytes.length}</Size><ETag>${etagOf(bytes)}</ETag><LastModified>2026-01-01T00:00:00.000Z</LastModified><StorageClass>Standard</StorageClass><Owner><ID>1</ID><DisplayName>1</DisplayName></Owner></Contents>`,
      );
    return xml(
      `<ListBucketResult><Name>${bucket}</Name><IsTruncated>false</IsTruncated><KeyCount>${found.length}</KeyCount>${found.join('')}</ListBucketResult>`,
    );
  }

  function multipart({ method, key, parameters, body }: Asked): Answer | null {
    const id = parameters.get('uploadId');
    if (method === 'POST' && parameters.has('uploads')) {
      const made = `upload${uploads.size}`;
      uploads.set(made, new Map());
      return xml(
        `<InitiateMultipartUploadResult><Bucket>${bucket}</Bucket><Key>${key}</Key><UploadId>${made}</UploadId></InitiateMultipartUploadResult>`,
      );
    }
    if (id === undefined) return null;
    const parts = uploads.get(id);
    if (parts === undefined) return failure(404, 'NoSuchUpload');
    if (method === 'PUT') {
      parts.set(Number(parameters.get('partNumber')), body);
      return { status: 200, headers: { ETag: etagOf(body) } };
    }
    if (method === 'POST') {
      const ordered = [...parts].sort(([one], [other]) => one - other).map(([, bytes]) => bytes);
      objects.set(key, Buffer.concat(ordered));
      return xml(
        `<CompleteMultipartUploadResult><Bucket>${bucket}</Bucket><Key>${key}</Key><ETag>"whole"</ETag></CompleteMultipartUploadResult>`,
      );
    }
    return { status: 204 };
  }

  function ofObject({ method, key, headers, parameters, body }: Asked): Answer {
    if (method === 'PUT') {
      const source = headers.get('x-amz-copy-source') ?? headers.get('x-oss-copy-source');
      const from = decodeURIComponent(source ?? '').replace(/^\/?[^/]+\//, '');
      const bytes = source === undefined ? body : objects.get(from);
      if (bytes === undefined) return failure(404, 'NoSuchKey');
      objects.set(key, bytes);
      const etag = etagOf(bytes);
      if (source === undefined) return { status: 200, headers: { ETag: etag } };
      return xml(
        `<CopyObjectResult><ETag>${etag}</ETag><LastModified>2026-01-01T00:00:00.000Z</LastModified></CopyObjectResult>`,
      );
    }
    if (method === 'DELETE') {
      objects.delete(key);
      return { status: 204 };
    }
    const bytes = objects.get(key);
    if (bytes === undefined) return failure(404, 'NoSuchKey');
    const etag = etagOf(bytes);
    if (headers.get('if-none-match') === etag) return { status: 304, headers: { ETag: etag } };
    const type = parameters.get('response-content-type') ?? 'application/octet-stream';
    const own = { ETag: etag, 'Content-Type': type, 'Accept-Ranges': 'bytes' };
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.get('range') ?? '') ?? [];
    if (from === undefined) return { status: 200, headers: own, body: bytes };
    const range = `bytes ${from}-${to}/${bytes.length}`;
    return {
      status: 206,
      headers: { ...own, 'Content-Range': range },
      body: bytes.subarray(Number(from), Number(to) + 1),
    };
  }

  const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    const say = (answer: Answer): void => {
      const { status, headers = {}, body = '' } = answer;
      const { method = '', url = '', rawHeaders } = incoming;
      seen.push({ method, target: url, headers: headerMap(rawHeaders), refused: codeOf(answer) });
      const length =
        status === 204 || status === 304 ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
      outgoing.writeHead(status, { ...headers, ...length });
      outgoing.end(method === 'HEAD' ? '' : body);
      incoming.resume();
    };
    read(incoming).then(say, () => say(failure(500, 'InternalError')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${home}`,
    objects,
    seen,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
