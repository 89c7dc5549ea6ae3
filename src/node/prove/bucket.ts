import { createServer } from 'node:http';
import { ORIGIN, REQUEST_HEADERS, REQUEST_METHOD } from '../../cors/names.ts';
import { listenOnLoopback, type Opened } from './loopback.ts';

/** What the bucket of a proof answers at a path. */
export interface ProofPath {
  readonly path: string;
  readonly status: number;
  /** The Vary lines of its answers. */
  readonly vary: readonly string[];
  /** Characters of its body. */
  readonly length: number;
  /** Closes the connection without an answer: the program answers with an error of its own. */
  readonly isDropped: boolean;
}

/** The response header that says what reached the bucket. */
export const REACHED = 'x-proof-reached';
/** A request header that means nothing to a program. */
export const PROBE = 'x-proof-probe';

/** Request headers that reach the bucket as they were sent. */
export const FORWARDED: readonly string[] = ['authorization', PROBE];
/** Request headers that do not reach the bucket. */
const REMOVED = [ORIGIN, REQUEST_METHOD, REQUEST_HEADERS];

/** What reaches a bucket of a request, as one line. */
export function reachedLine(
  method: string,
  target: string,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): string {
  const lines = [...FORWARDED, ...REMOVED].flatMap((name) =>
    headers[name] === undefined ? [] : [`${name}: ${headers[name]}`],
  );
  return [`${method} ${target}`, ...lines].join(', ');
}

/** CORS headers of a bucket's own, which an edge must remove. */
const OWN = [
  ['Access-Control-Allow-Origin', 'https://bucket.example'],
  ['Access-Control-Allow-Methods', 'PATCH'],
  ['Access-Control-Allow-Headers', 'x-bucket'],
  ['Access-Control-Expose-Headers', 'x-bucket'],
  ['Access-Control-Max-Age', '1'],
  ['Access-Control-Allow-Credentials', 'true'],
  ['Access-Control-Allow-Private-Network', 'true'],
  ['Access-Control-Allow-Local-Network', 'true'],
  ['Access-Control-Request-Headers', 'x-bucket'],
] as const;

const STATUSES = [200, 206, 304, 403, 404, 500] as const;

const SHORT = 10;
/** More than a program reads before it adds headers: then its buffer is full. */
const LONG = 100_000;

/** Each kind of answer: with CORS headers of the bucket's own and without, with each Vary, and long. */
const KINDS: readonly {
  readonly name: string;
  readonly own: boolean;
  readonly vary: readonly string[];
  readonly length?: number;
  readonly isDropped?: boolean;
}[] = [
  { name: 'bare', own: false, vary: [] },
  { name: 'own', own: true, vary: ['Origin'] },
  { name: 'encoding', own: false, vary: ['Accept-Encoding'] },
  { name: 'merged', own: true, vary: ['Accept-Encoding, Origin'] },
  {
    name: 'store',
    own: true,
    vary: ['Origin, Access-Control-Request-Headers, Access-Control-Request-Method'],
  },
  { name: 'lines', own: true, vary: ['Origin', 'Accept-Encoding'] },
  { name: 'swapped', own: false, vary: ['Accept-Encoding', 'Origin'] },
  { name: 'star', own: true, vary: ['*'] },
  { name: 'long', own: true, vary: ['Accept-Encoding, Origin'], length: LONG },
  { name: 'dropped', own: false, vary: [], isDropped: true },
];

/** Every path of the bucket, the plain ones first. */
export const PROOF_PATHS: readonly ProofPath[] = KINDS.flatMap(
  ({ name, vary, length = SHORT, isDropped = false }) =>
    (isDropped ? [502] : STATUSES).map((status) => {
      const path = `/${name}/${status}`;
      return { path, status, vary, length, isDropped };
    }),
);

const BODIES = new Map([SHORT, LONG].map((length) => [length, Buffer.alloc(length, 'object ')]));

/** A bucket on loopback for proofs; its answers depend on the path alone. */
export async function openProofBucket(): Promise<Opened> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const [, name, status = '404'] = /^\/(\w+)\/(\d+)/.exec(request.url ?? '') ?? [];
    const kind = KINDS.find((one) => one.name === name);
    request.resume();
    if (kind?.isDropped) {
      request.socket.destroy();
      // A program that has used a connection before takes its end for no answer, and has its client ask again.
      server.closeIdleConnections();
      return;
    }
    response.setHeader(REACHED, reachedLine(request.method ?? '', request.url ?? '', request.headers));
    response.statusCode = Number(status);
    for (const line of kind?.vary ?? []) response.appendHeader('Vary', line);
    if (kind?.own) for (const [header, value] of OWN) response.setHeader(header, value);
    response.setHeader('ETag', '"proof"');
    response.end(response.statusCode === 304 ? undefined : BODIES.get(kind?.length ?? SHORT));
  });
  return listenOnLoopback(server);
}
