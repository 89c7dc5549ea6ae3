import { ask, headerOf } from './ask.ts';
import { OBJECTS } from './nginx.ts';
import type { Server } from './servers.ts';
import type { Load } from './wrk.ts';

export const KINDS = ['preflight', '1k', '100k', '100m'] as const;
export type Kind = (typeof KINDS)[number];

/** The origin that every server allows; in bucket-cors the last of ten rules lists it. */
export const ORIGIN = 'https://app-9.example.com';
const PREFLIGHT = [
  ...['Origin', ORIGIN],
  ...['Access-Control-Request-Method', 'PUT'],
  ...['Access-Control-Request-Headers', 'content-type,x-oss-date'],
];

/** One row of figures: a server with its requests. */
export interface Contestant {
  readonly id: string;
  readonly title: string;
  readonly server: Server;
  readonly kinds: readonly Kind[];
  /** True if it answers with CORS headers. */
  readonly cors: boolean;
  readonly load: (kind: Kind) => Load;
}

/** How a row differs from the usual one. */
export interface Ways {
  readonly kinds?: readonly Kind[];
  readonly cors?: boolean;
  readonly load?: (server: Server, kind: Kind) => Load;
}

/** A row with the usual requests, changed by `ways`. */
export const cell = (
  id: string,
  title: string,
  server: Server,
  { kinds = KINDS, cors = true, load = loadOf }: Ways = {},
): Contestant => ({ id, title, server, kinds, cors, load: (kind) => load(server, kind) });

export const loadOf = ({ url }: Pick<Server, 'url'>, kind: Kind): Load =>
  kind === 'preflight'
    ? { url: `${url}/1k`, method: 'OPTIONS', headers: PREFLIGHT }
    : { url: `${url}/${kind}`, method: 'GET', headers: ['Origin', ORIGIN] };

/** Like `loadOf` without an Origin. */
export const withoutOrigin = (server: Server, kind: Kind): Load => ({ ...loadOf(server, kind), headers: [] });

/** Like `loadOf`, but wrk adds an Origin to each request: always the same, or a new one each time. */
export const withOrigins =
  (origins: 'one' | 'new') =>
  (server: Server, kind: Kind): Load => {
    const load = loadOf(server, kind);
    return { ...load, headers: load.headers.slice(2), origins };
  };

/** Rejects if an answer of the server is not comparable. */
export async function check({ title, cors, kinds, load }: Contestant): Promise<void> {
  for (const kind of kinds) {
    const given = load(kind);
    const origin = given.origins === undefined ? ORIGIN : 'https://a.example.com';
    const headers = given.origins === undefined ? given.headers : ['Origin', origin, ...given.headers];
    const answered = await ask({ ...given, headers });
    const bytes = kind === 'preflight' ? 0 : OBJECTS[kind];
    const allowed = headerOf(answered, 'access-control-allow-origin');
    const right = answered.status < 300 && answered.bytes === bytes && (!cors || allowed === origin);
    if (!right)
      throw new Error(
        `${title} answers ${kind} with ${answered.status}, ${answered.bytes} bytes, allowed origin ${allowed}`,
      );
  }
}
