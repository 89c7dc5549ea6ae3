import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Answered, ask } from './ask.ts';
import type { Choice } from './choice.ts';
import {
  type Contestant,
  cell,
  check,
  type Kind,
  loadOf,
  ORIGIN,
  type Ways,
  withOrigins,
  withoutOrigin,
} from './contestants.ts';
import { type RulesFiles, startEdge } from './edges.ts';
import type { Places } from './machine.ts';
import { startProxy } from './nginx.ts';
import { type Server, startServer } from './servers.ts';

/** A row whose server is not started yet. */
interface Entry extends Ways {
  readonly id: string;
  readonly title: string;
  readonly start: () => Promise<Server>;
}

export interface Contest {
  readonly contestants: readonly Contestant[];
  /** The skipped rows, each with its remedy. */
  readonly notes: readonly string[];
}

/** What the servers are started with. */
interface Means {
  readonly bucket: Server;
  readonly nginx: string;
  readonly folder: string;
  readonly rules: RulesFiles;
  readonly where: Places;
}

/** Headers that Node writes itself. */
const WRITTEN_BY_NODE: ReadonlySet<string> = new Set(['date', 'connection', 'keep-alive']);
const PEERS_ARE_INSTALLED = existsSync(new URL('../node_modules', import.meta.url));

/** Starts the chosen servers and checks their answers. */
export async function openContest(means: Means, { ids, kinds, beside }: Choice): Promise<Contest> {
  const entries = [...entriesOf(means), ...beside.map((checkout) => besideOf(means, checkout))];
  const unknown = ids?.find((id) => !entries.some((one) => one.id === id));
  if (unknown !== undefined)
    throw new Error(`no server is called "${unknown}"; there are ${entries.map(({ id }) => id).join(', ')}`);
  const contestants: Contestant[] = [];
  for (const { id, title, start, ...ways } of entries) {
    const measured = kinds.filter((kind) => ways.kinds?.includes(kind) ?? true);
    const chosen = ids === null || ids.includes(id) || id.startsWith(BESIDE);
    if (chosen && measured.length > 0)
      contestants.push(cell(id, title, await start(), { ...ways, kinds: measured }));
  }
  for (const one of contestants) await check(one);
  return {
    contestants,
    notes: [
      PEERS_ARE_INSTALLED
        ? []
        : 'the other Node servers are skipped: install them with "npm ci --prefix bench"',
      means.where.pairIsFree
        ? []
        : 'two workers are skipped: that needs four cores, two of them for the workers alone',
    ].flat(),
  };
}

/** All rows. Those of one comparison are neighbours, since neighbours are measured at nearly the same time. */
function entriesOf({ bucket, nginx, folder, rules, where }: Means): readonly Entry[] {
  const { server, pair } = where;
  const node = (name: string, ...args: string[]) =>
    startServer(
      [process.execPath, fileURLToPath(new URL(`../servers/${name}`, import.meta.url)), ...args],
      server,
    );
  const edge = (file: string) => startEdge(bucket.url, file, server);
  const bare = async (): Promise<Server> => {
    const one = await edge(rules.usual);
    const answered = await ask(loadOf(one, 'preflight'));
    await one.close();
    return node('bare.ts', JSON.stringify(ownHeaders(answered)));
  };
  const peer = (id: string, title: string, kinds: readonly Kind[]): Entry => ({
    id,
    title,
    kinds,
    start: () => node(`${id}.mjs`, bucket.url, ORIGIN),
  });
  return [
    {
      id: 'nginx',
      title: 'nginx, one worker, CORS by hand',
      kinds: ['preflight', '1k', '100k'],
      start: () => startProxy(nginx, folder, server, bucket.url, ORIGIN),
    },
    { id: 'bare', title: 'bare node:http', cors: false, kinds: ['preflight'], start: bare },
    { id: 'edge', title: '**bucket-cors**', start: () => edge(rules.usual) },
    {
      id: 'floor',
      title: 'peer floor (node:http, undici)',
      cors: false,
      kinds: ['1k', '100k', '100m'],
      start: () => node('floor.mjs', bucket.url),
    },
    {
      id: 'off',
      title: 'bucket-cors without rules, requests without Origin',
      cors: false,
      kinds: ['1k', '100k'],
      load: withoutOrigin,
      start: () => edge('bucket'),
    },
    ...(where.pairIsFree
      ? [
          {
            id: 'spread',
            title: 'bucket-cors --workers 2',
            kinds: ['preflight', '1k'] as const,
            start: () => startEdge(bucket.url, rules.usual, pair, { more: ['--workers', '2'] }),
          },
        ]
      : []),
    ...(PEERS_ARE_INSTALLED
      ? [
          peer('fastify', 'fastify, @fastify/cors, @fastify/http-proxy', ['preflight', '1k']),
          peer('hono', 'hono, hono/cors, hono/proxy (fetch)', ['preflight']),
          peer('express', 'express, cors, http-proxy-middleware', ['preflight']),
        ]
      : []),
    {
      id: 'steady',
      title: 'bucket-cors, a pattern, one origin',
      kinds: ['preflight', '1k'],
      load: withOrigins('one'),
      start: () => edge(rules.pattern),
    },
    {
      id: 'flood',
      title: 'bucket-cors, a pattern, every request a new origin',
      kinds: ['preflight', '1k'],
      load: withOrigins('new'),
      start: () => edge(rules.pattern),
    },
  ];
}

const BESIDE = 'beside ';

/** The edge of another checkout. */
const besideOf = ({ bucket, rules, where }: Means, checkout: string): Entry => ({
  id: `${BESIDE}${checkout}`,
  title: `bucket-cors of ${checkout}`,
  start: () => startEdge(bucket.url, rules.usual, where.server, { checkout }),
});

const ownHeaders = ({ headers }: Answered): string[] =>
  headers.filter((_, at) => !WRITTEN_BY_NODE.has(headers[at - (at % 2)]?.toLowerCase() ?? ''));
