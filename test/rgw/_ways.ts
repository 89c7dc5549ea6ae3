import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { type Run, stop } from '../cli/_process.ts';
import { lastLines, startEdge } from './_edge.ts';
import { DNS_NAME, type Gateway } from './_gateway.ts';
import { SYSTEM_PATH } from './_programs.ts';
import { openWitness, type Witness } from './_witness.ts';

/** The ways from a client to the gateway. Results must be the same on each. */
export const WAYS = ['direct', 'path-style through the edge', 'virtual-hosted through the edge'] as const;
export type WayName = (typeof WAYS)[number];

export interface Way {
  readonly bucket: string;
  readonly style: 'path' | 'virtual';
  /** The store's URL for the client. */
  readonly endpoint: string;
  /** The HTTP proxy for a client: the edge, if the endpoint's name does not resolve. */
  readonly proxy: string | null;
  /** The TCP address of a request, its Host, and the prefix of its target. */
  readonly url: string;
  readonly host: string;
  readonly root: string;
}

export interface Ways {
  readonly gateway: Gateway;
  readonly witness: Witness;
  /** A new folder for the files of a test. */
  folder(): string;
  way(name: WayName): Way;
  /** Environment variables for a client: keys, proxy and Debian's PATH, without this machine's configuration. */
  env(way: Way): Record<string, string>;
}

/** A bucket for each way of one client, and an edge before them, for the tests of a file. */
export function useWays(client: string): Ways {
  const buckets = { direct: `${client}-direct`, byPath: `${client}-path`, byName: `${client}-name` };
  let gateway: Gateway;
  let witness: Witness;
  let home: string;
  let edge: Run;
  let ways: Record<WayName, Way>;

  beforeAll(async () => {
    gateway = inject('gateway');
    witness = openWitness(gateway);
    home = mkdtempSync(join(tmpdir(), `rgw-${client}-`));
    for (const bucket of Object.values(buckets)) await witness.create(bucket);
    edge = startEdge(home, gateway, served(gateway, buckets));
    const url = await edge.address('edge');
    ways = {
      direct: pathStyle(buckets.direct, gateway.url),
      'path-style through the edge': pathStyle(buckets.byPath, url),
      'virtual-hosted through the edge': virtualHosted(buckets.byName, url),
    };
  });

  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(`last output of the edge:\n${lastLines(edge)}`);
  });

  afterAll(async () => {
    await stop(edge);
    witness.close();
    rmSync(home, { recursive: true, force: true });
  });

  return {
    get gateway() {
      return gateway;
    },
    get witness() {
      return witness;
    },
    folder: () => mkdtempSync(join(home, 'files-')),
    way: (name) => ways[name],
    env: ({ proxy }) => ({
      PATH: SYSTEM_PATH,
      HOME: home,
      LANG: 'C.UTF-8',
      AWS_ACCESS_KEY_ID: gateway.accessKey,
      AWS_SECRET_ACCESS_KEY: gateway.secretKey,
      ...(proxy !== null && { http_proxy: proxy }),
    }),
  };
}

/** Clients sign for the edge's own names, so the edge passes the Host on (keepHost). */
const served = (
  { url }: Gateway,
  { byPath, byName }: { readonly byPath: string; readonly byName: string },
) => ({
  [byPath]: {
    bucket: `s3://${byPath}?endpoint=${url}`,
    prefix: `/${byPath}`,
    hosts: ['127.0.0.1'],
    keepHost: true,
  },
  [byName]: {
    bucket: `s3://${byName}?endpoint=http://${DNS_NAME}:${new URL(url).port}&style=virtual`,
    hosts: [`${byName}.${DNS_NAME}`],
    keepHost: true,
  },
});

const pathStyle = (bucket: string, url: string): Way => ({
  bucket,
  style: 'path',
  endpoint: url,
  proxy: null,
  url,
  host: new URL(url).host,
  root: `/${bucket}`,
});

const virtualHosted = (bucket: string, url: string): Way => ({
  bucket,
  style: 'virtual',
  endpoint: `http://${DNS_NAME}`,
  proxy: url,
  url,
  host: `${bucket}.${DNS_NAME}`,
  root: '',
});
