import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { basename, resolve } from 'node:path';
import type { Credentials } from '../../bucket/sign/credentials.ts';
import { files, isSilent } from '../files/disk.ts';
import { type AnswersTo, answersTo, reachOf } from '../reach.ts';
import { codeOf } from '../system-error.ts';
import { answer, type DirectoryBucket } from './answer.ts';
import { makeDigests } from './digest.ts';
import { directoryBucketError, openFolder, rulesFileOf, silentFolder } from './folder.ts';
import type { Keys } from './signature/check.ts';

export { type DirectoryBucketError, type DirectoryBucketProblem, isDirectoryBucketError } from './folder.ts';

export interface DirectoryBucketOptions {
  /** Holds the objects; it has to exist and to be writable. */
  readonly folder: string;
  /** Keeps the CORS document; `<folder>.cors.xml` by default. */
  readonly rulesFile?: string;
  /**
   * Whether clients on this machine may change the rules; true by default. To be switched off where
   * something on this machine lets others through, as a proxy does: its requests look like its own.
   */
  readonly rulesWritable?: boolean;
  /** Requests have to be signed with one of these keys, by OSS V1, OSS V4 or SigV4; without any, none is checked. */
  readonly credentials?: Credentials | readonly Credentials[];
  /** The bucket's name, which OSS signatures cover; the folder's own name by default. */
  readonly bucket?: string;
  /** The clock that signatures are checked by, in milliseconds since 1970; the machine's by default. */
  readonly wallClock?: () => number;
  /** The address to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Without credentials: names that Host may have besides localhost and loopback addresses; none by default. */
  readonly hosts?: readonly string[];
  /** Without credentials: serve others than this machine, under every Host; false by default. */
  readonly dangerouslyOpen?: boolean;
}

export interface OpenDirectoryBucket {
  /** `http://127.0.0.1:4000`, without a slash at the end. */
  readonly url: string;
  /** The full path of the CORS document, which need not exist. */
  readonly rulesFile: string;
  /** Stops listening, waits a few seconds for requests under way, then breaks them off. */
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const HEADERS_MS = 15_000;
const KEEP_ALIVE_MS = 30_000;
// A body may take hours, but not stand still.
const IDLE_MS = 60_000;
const CLOSE_MS = 3000;

/** Without keys whoever reaches the bucket reads and writes it. */
const checkReach = async ({
  folder,
  host = LOOPBACK,
  credentials,
  dangerouslyOpen = false,
}: DirectoryBucketOptions): Promise<void> => {
  if (credentials !== undefined || dangerouslyOpen) return;
  // An address that is none of this machine's is told of when it is listened on.
  if ((await reachOf(host).catch(() => 'loopback')) === 'loopback') return;
  const message = `the bucket folder ${folder} can't be served on ${host}, where other machines could write to it without a signature: name credentials, or set dangerouslyOpen`;
  throw directoryBucketError('open_to_others', folder, message);
};

/** Signed requests may come under every name, as no page can sign them. */
const answersOf = ({
  host = LOOPBACK,
  hosts = [],
  credentials,
  dangerouslyOpen = false,
}: DirectoryBucketOptions): AnswersTo =>
  credentials !== undefined || dangerouslyOpen ? () => true : answersTo('loopback', [host, ...hosts]);

const listen = async (server: Server, folder: string, host: string, port: number): Promise<string> => {
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
};

const closeServer = async (server: Server, underWay: ReadonlySet<Promise<void>>): Promise<void> => {
  const closed = new Promise((resolve) => server.close(resolve));
  const bound = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
  await closed;
  clearTimeout(bound);
  // Broken uploads still have their temporary files to remove.
  await Promise.all(underWay);
};

const keysOf = ({
  folder,
  credentials,
  bucket,
  wallClock = Date.now,
}: DirectoryBucketOptions): Keys | undefined =>
  credentials === undefined
    ? undefined
    : {
        bucket: bucket ?? basename(resolve(folder)),
        credentials: [credentials].flat(),
        wallClock,
      };

/**
 * Serves a folder over HTTP as a small OSS bucket: objects (GET, HEAD, PUT, DELETE) and CORS rules (`/?cors`).
 * @throws DirectoryBucketError, in one line what is wrong with which folder and what to do
 */
export const openDirectoryBucket = async (options: DirectoryBucketOptions): Promise<OpenDirectoryBucket> => {
  const { folder, host = LOOPBACK, port = 0, rulesWritable = true } = options;
  await checkReach(options);
  const root = await files(() => openFolder(folder)).catch((error: unknown) => {
    throw isSilent(error) ? silentFolder(folder) : error;
  });
  const rulesFile = rulesFileOf(folder, root, options.rulesFile);
  const bucket: DirectoryBucket = {
    root,
    rulesFile,
    rulesWritable,
    digests: makeDigests(),
    keys: keysOf(options),
    answersTo: answersOf(options),
  };

  const underWay = new Set<Promise<void>>();
  const limits = { headersTimeout: HEADERS_MS, requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS };
  const server = createServer(limits, (request, response) => {
    const work = answer({ request, response }, bucket).finally(() => underWay.delete(work));
    underWay.add(work);
    response.once('close', () => {
      if (!server.listening) server.closeIdleConnections();
    });
  });
  server.setTimeout(IDLE_MS);
  const url = await listen(server, folder, host, port);
  // A connection that cannot be accepted is no end of the others.
  server.on('error', () => {});
  return { url, rulesFile, close: () => closeServer(server, underWay) };
};
