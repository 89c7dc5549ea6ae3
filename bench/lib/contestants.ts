import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RuleSet, toXml } from '../../src/index.ts';
import { type Answered, ask, headerOf } from './ask.ts';
import type { Cores, Places } from './machine.ts';
import { OBJECTS, startProxy } from './nginx.ts';
import { ruleSetOf } from './rules.ts';
import { type Server, startServer } from './servers.ts';
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
/** Headers that Node writes itself. */
const WRITTEN_BY_NODE: ReadonlySet<string> = new Set(['date', 'connection', 'keep-alive']);

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

export interface Contest {
  readonly contestants: readonly Contestant[];
  /** The skipped rows, each with its remedy. */
  readonly notes: readonly string[];
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const COMMAND_LINE = here('../../bin/bucket-cors.js');

/** Rules with a pattern only, so that each origin gets a different answer. */
const patternRules = (): RuleSet => {
  const [first, ...rest] = ruleSetOf('app', 1).rules;
  if (first === undefined) throw new Error('no rule to start from');
  return { rules: [{ ...first, allowedOrigins: ['https://*.example.com'] }, ...rest], responseVary: false };
};

/** Starts the edge by its command line. */
export function startEdge(
  bucket: string,
  rules: string,
  cores: Cores,
  more: readonly string[] = [],
): Promise<Server> {
  const args = ['serve', '--bucket', bucket, '--rules', rules, '--log-level', 'warn'];
  return startServer(
    [process.execPath, COMMAND_LINE, ...args, '--port', '0', '--admin-port', '0', ...more],
    cores,
  );
}

/** Writes the rules files for the edges. */
export function writeRules(folder: string): { usual: string; pattern: string } {
  const write = (name: string, xml: string): string => {
    const file = join(folder, name);
    writeFileSync(file, xml);
    return file;
  };
  return {
    usual: write('usual.xml', toXml(ruleSetOf('app', 10))),
    pattern: write('pattern.xml', toXml(patternRules())),
  };
}

const knowsWorkers = (): boolean =>
  spawnSync(process.execPath, [COMMAND_LINE, 'help'], { encoding: 'utf8' }).stdout.includes('--workers');

/** Starts all servers and checks their answers. Rows of one comparison are neighbours in the list. */
export async function openContest(
  bucket: Server,
  nginx: string,
  folder: string,
  { server, pair }: Places,
): Promise<Contest> {
  const rules = writeRules(folder);
  const node = (name: string, ...args: string[]) =>
    startServer([process.execPath, here(name), bucket.url, ...args], server);

  const edge = await startEdge(bucket.url, rules.usual, server);
  const spread = knowsWorkers()
    ? await startEdge(bucket.url, rules.usual, pair, ['--workers', '2'])
    : undefined;
  const preflight = await ask(loadOf(edge, 'preflight'));
  const peers = existsSync(here('../node_modules'));
  const gets: readonly Kind[] = ['1k', '100k', '100m'];
  const most: readonly Kind[] = ['preflight', '1k', '100k'];
  const few: readonly Kind[] = ['preflight', '1k'];

  const contestants = [
    cell(
      'nginx',
      'nginx, one worker, CORS by hand',
      await startProxy(nginx, folder, server, bucket.url, ORIGIN),
    ),
    cell(
      'bare',
      'bare node:http + undici',
      await node('../servers/undici.mjs', JSON.stringify(ownHeaders(preflight))),
      // Not 100 MB: without back-pressure it would buffer the body.
      { cors: false, kinds: most },
    ),
    cell('edge', '**bucket-cors**', edge),
    cell('floor', 'peer floor', await node('../servers/floor.mjs'), { cors: false, kinds: gets }),
    cell(
      'off',
      'bucket-cors without rules, requests without Origin',
      await startEdge(bucket.url, 'bucket', server),
      {
        cors: false,
        kinds: ['1k', '100k'],
        load: (one, kind) => ({ ...loadOf(one, kind), headers: [] }),
      },
    ),
    ...(spread === undefined ? [] : [cell('spread', 'bucket-cors --workers 2', spread, { kinds: few })]),
    ...(peers
      ? [
          cell(
            'fastify',
            'fastify, @fastify/cors, @fastify/http-proxy',
            await node('../servers/fastify.mjs', ORIGIN),
            {
              kinds: most,
            },
          ),
          cell('hono', 'hono, hono/cors, hono/proxy (fetch)', await node('../servers/hono.mjs', ORIGIN), {
            kinds: most,
          }),
          cell(
            'express',
            'express, cors, http-proxy-middleware',
            await node('../servers/express.mjs', ORIGIN),
            {
              kinds: most,
            },
          ),
        ]
      : []),
    patternCell('one', await startEdge(bucket.url, rules.pattern, server)),
    patternCell('new', await startEdge(bucket.url, rules.pattern, server)),
  ];
  for (const one of contestants) await check(one);
  return {
    contestants,
    notes: [
      ...(peers ? [] : ['the other Node servers are skipped: install them with "npm ci --prefix bench"']),
      ...(spread === undefined ? ['two workers are skipped: this bucket-cors has no --workers'] : []),
    ],
  };
}

interface Ways {
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

/** A server with a pattern in its rules, which gets requests from one origin or from a new origin each time. */
export const patternCell = (origins: 'one' | 'new', server: Server): Contestant =>
  cell(
    origins === 'one' ? 'steady' : 'flood',
    `bucket-cors, a pattern, ${origins === 'one' ? 'one origin' : 'every request a new origin'}`,
    server,
    { kinds: ['preflight', '1k'], load: withOrigins(origins) },
  );

/** Like `loadOf`, but wrk adds the Origin to each request. */
const withOrigins =
  (origins: 'one' | 'new') =>
  (server: Server, kind: Kind): Load => {
    const load = loadOf(server, kind);
    return { ...load, headers: load.headers.slice(2), origins };
  };

const ownHeaders = ({ headers }: Answered): string[] =>
  headers.filter((_, at) => !WRITTEN_BY_NODE.has(headers[at - (at % 2)]?.toLowerCase() ?? ''));

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
