import { once } from 'node:events';
import type { Server } from 'node:http';
import { basename, resolve } from 'node:path';
import type { Credentials } from '../../bucket/sign/credentials.ts';
import type { Dialect } from '../../cors/behaviour.ts';
import { http } from '../built-in.ts';
import { files, isSilent } from '../files/disk.ts';
import { type AnswersTo, answersTo, reachOf } from '../reach.ts';
import { codeOf } from '../system-error.ts';
import { answer, type DirectoryBucket } from './answer.ts';
import { compositeDigests } from './composite.ts';
import { createDigests } from './digest.ts';
import { directoryBucketError, openFolder, rulesFileOf, silentFolder } from './folder.ts';
import { removeLeftovers } from './leftovers.ts';
import { openUploads } from './multipart/uploads.ts';
import { PROTOCOLS } from './protocol.ts';
import type { Keys } from './signature.ts';

export { type DirectoryBucketError, type DirectoryBucketProblem, isDirectoryBucketError } from './folder.ts';

export interface DirectoryBucketOptions {
  /** The folder of the objects; it must exist and be writable. */
  readonly folder: string;
  /** The file of the CORS document; `<folder>.cors.xml` by default. */
  readonly rulesFile?: string;
  /**
   * Whether clients on this machine may change the rules; true by default. Switch it off behind a proxy on this
   * machine: the requests that it forwards come from this machine too.
   */
  readonly rulesWritable?: boolean;
  /** The keys that requests must be signed with, by OSS V1, OSS V4 or SigV4; without keys no signature is checked. */
  readonly credentials?: Credentials | readonly Credentials[] | (() => Promise<readonly Credentials[]>);
  /** How the bucket answers; `oss` by default. */
  readonly dialect?: Dialect;
  /** With credentials: the path that a proxy in front removes from targets, and that SigV4 covers; none by default. */
  readonly prefix?: string;
  /** The bucket's name, which OSS signatures cover; the folder's own name by default. */
  readonly bucket?: string;
  /** The clock for checks of signatures, in milliseconds since 1970; the machine's by default. */
  readonly wallClock?: () => number;
  /** The address to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  /** 0, the default: any free port. */
  readonly port?: number;
  /** Without credentials: values of Host to accept besides localhost and loopback addresses. */
  readonly hosts?: readonly string[];
  /** Without credentials: serve clients on other machines, under every Host; false by default. */
  readonly dangerouslyOpen?: boolean;
}

export interface OpenDirectoryBucket {
  /** `http://127.0.0.1:4000`, without a slash at the end. */
  readonly url: string;
  /** The full path of the CORS document, which need not exist. */
  readonly rulesFile: string;
  /** Stops listening, waits up to three seconds for requests in flight, then cuts them off. */
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const HEADERS_MS = 15_000;
const KEEP_ALIVE_MS = 30_000;
// A limit on silence, not on the whole body, which may take hours.
const IDLE_MS = 60_000;
const CLOSE_MS = 3000;

/** Throws a DirectoryBucketError if other machines could reach the bucket without keys: they could read and write it. */
async function checkReach({
  folder,
  host = LOOPBACK,
  credentials,
  dangerouslyOpen = false,
}: DirectoryBucketOptions): Promise<void> {
  if (credentials !== undefined || dangerouslyOpen) return;
  // `listen` reports an address that is not this machine's.
  if ((await reachOf(host).catch(() => 'loopback')) === 'loopback') return;
  const message = `the bucket folder ${folder} can't be served on ${host}, where other machines could write to it without a signature: name credentials, or set dangerouslyOpen`;
  throw directoryBucketError('open_to_others', folder, message);
}

/** With keys every Host is accepted: a page of another site cannot sign requests (DNS rebinding). */
const answersOf = ({
  host = LOOPBACK,
  hosts = [],
  credentials,
  dangerouslyOpen = false,
}: DirectoryBucketOptions): AnswersTo =>
  credentials !== undefined || dangerouslyOpen ? () => true : answersTo('loopback', [host, ...hosts]);

async function listen(server: Server, folder: string, host: string, port: number): Promise<string> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const why = codeOf(error) ?? 'unknown error';
    const message = `the bucket folder ${folder} can't be served on ${host} port ${port} (${why}): name another port or host`;
    throw directoryBucketError('cannot_listen', folder, message);
  }
  const address = server.address();
  const bound = address !== null && typeof address === 'object' ? address.port : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
}

async function closeServer(server: Server, underWay: ReadonlySet<Promise<void>>): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  const bound = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
  await closed;
  clearTimeout(bound);
  // Uploads that were cut off still remove their temporary files.
  await Promise.all(underWay);
}

const keysOf = ({
  folder,
  credentials,
  dialect = 'oss',
  bucket = basename(resolve(folder)),
  prefix = '',
  wallClock = Date.now,
}: DirectoryBucketOptions): Keys | undefined => {
  if (credentials === undefined) return undefined;
  const read = typeof credentials === 'function' ? credentials : async () => [credentials].flat();
  return { dialect, bucket, prefix, credentials: read, wallClock };
};

/** Opens the folder, and removes old uploads from it; those that stay only take space. */
async function openAll(folder: string): Promise<string> {
  const root = await openFolder(folder);
  await openUploads(root)
    .removeOld()
    .catch(() => undefined);
  return root;
}

/**
 * Serves a folder over HTTP as a small bucket: objects (GET, HEAD, PUT, DELETE) and CORS rules (`/?cors`); with credentials
 * also uploads in parts and by forms, listings, and DeleteObjects. Rejects with
 * a DirectoryBucketError if the folder cannot be served.
 */
export async function openDirectoryBucket(options: DirectoryBucketOptions): Promise<OpenDirectoryBucket> {
  const { folder, host = LOOPBACK, port = 0, rulesWritable = true } = options;
  await checkReach(options);
  const root = await files(() => openAll(folder)).catch((error: unknown) => {
    throw isSilent(error) ? silentFolder(folder) : error;
  });
  const rulesFile = rulesFileOf(folder, root, options.rulesFile);
  const bucket: DirectoryBucket = {
    root,
    rulesFile,
    rulesWritable,
    digests: createDigests(compositeDigests(root)),
    uploads: openUploads(root),
    keys: keysOf(options),
    answersTo: answersOf(options),
  };

  const protocol = PROTOCOLS[options.dialect ?? 'oss'];
  const underWay = new Set<Promise<void>>();
  const limits = { headersTimeout: HEADERS_MS, requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS };
  const server = http.createServer(limits, (request, response) => {
    const work = answer({ request, response, protocol, signed: null }, bucket).finally(() =>
      underWay.delete(work),
    );
    underWay.add(work);
    response.once('close', () => {
      if (!server.listening) server.closeIdleConnections();
    });
  });
  server.setTimeout(IDLE_MS);
  const url = await listen(server, folder, host, port);
  // Without a listener a connection that cannot be accepted would end the process.
  server.on('error', () => {});
  const closing = new AbortController();
  void removeLeftovers(root, closing.signal);
  const close = (): Promise<void> => {
    closing.abort();
    return closeServer(server, underWay);
  };
  return { url, rulesFile, close };
}
