import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { type Run, stop } from '../cli/_process.ts';
import { lastLines, type ServedBucket, startEdge } from './_edge.ts';
import { CLIENT_KEYS, DNS_NAME, type Gateway, type Keys } from './_gateway.ts';
import { openWitness, type Witness } from './_witness.ts';

const PATH = 'path-style through the edge';
const NAME = 'virtual-hosted through the edge';

/** The ways from a client to the gateway on which the gateway itself checks the client's signature. */
export const WAYS = ['direct', PATH, NAME] as const;
/** The edge checks the client's signature, for a name that the gateway does not know, and signs again. */
export const RESIGNED = [`${PATH}, which signs again`, `${NAME}, which signs again`] as const;
/** The edge stores the rules of the bucket, and the gateway gets no `?cors`. */
export const REGISTERED = [`${PATH}, which stores the rules`, `${NAME}, which stores the rules`] as const;

/** On each of these an object goes through unchanged. */
export const OBJECT_WAYS = [...WAYS, ...RESIGNED] as const;
/** On each of these a client's rules decide the next preflight. */
export const RULES_WAYS = [...WAYS, ...RESIGNED, ...REGISTERED] as const;
export type WayName = (typeof RULES_WAYS)[number];

/** The suffix of the edge's own names, which the gateway does not know. */
export const OWN_NAME = 'files.test';

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
  /** What the client signs with. */
  readonly keys: Keys;
  /** Where the rules are stored that a client puts. */
  readonly rulesIn: 'bucket' | 'edge';
}

export interface Ways {
  readonly gateway: Gateway;
  readonly witness: Witness;
  /** A new folder for the files of a test. */
  folder(): string;
  way(name: WayName): Way;
}

interface Place {
  readonly bucket: string;
  readonly served: ServedBucket | null;
  way(edge: string): Way;
}

/** A bucket for each way of one client, and an edge before them, for the tests of a file. */
export function useWays(client: string): Ways {
  let gateway: Gateway;
  let witness: Witness;
  let home: string;
  let edge: Run;
  let ways: Record<WayName, Way>;

  beforeAll(async () => {
    gateway = inject('gateway');
    witness = openWitness(gateway);
    home = mkdtempSync(join(tmpdir(), `rgw-${client}-`));
    const places = placesOf(client, gateway);
    const all = Object.values(places);
    for (const { bucket } of all) await witness.create(bucket);
    const stateDir = join(home, 'state');
    mkdirSync(stateDir);
    const served = all.flatMap((place) => (place.served === null ? [] : [[place.bucket, place.served]]));
    edge = startEdge(home, gateway, Object.fromEntries(served), { stateDir });
    const url = await edge.address('edge');
    ways = Object.fromEntries(
      Object.entries(places).map(([name, place]) => [name, place.way(url)]),
    ) as Record<WayName, Way>;
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
  };
}

/** Where the gateway does the checks, clients sign for names that it answers to, and the edge passes the Host on. */
function placesOf(client: string, gateway: Gateway): Record<WayName, Place> {
  const { port } = new URL(gateway.url);
  const [directly, byPath, byName] = [`${client}-direct`, `${client}-path`, `${client}-name`];
  const [againByPath, againByName] = [`${client}-again-path`, `${client}-again-name`];
  const [rulesByPath, rulesByName] = [`${client}-rules-path`, `${client}-rules-name`];
  const atPath = (bucket: string) => `s3://${bucket}?endpoint=${gateway.url}`;
  const atName = (bucket: string) => `s3://${bucket}?endpoint=http://${DNS_NAME}:${port}&style=virtual`;
  const prefixed = (bucket: string) => ({ prefix: `/${bucket}`, hosts: ['127.0.0.1'] });
  const named = (bucket: string, suffix: string) => ({ hosts: [`${bucket}.${suffix}`] });
  const own = { keys: gateway, rulesIn: 'bucket' } as const;
  const signsAgain = { keys: CLIENT_KEYS, rulesIn: 'bucket' } as const;
  const storesRules = { keys: CLIENT_KEYS, rulesIn: 'edge' } as const;
  const again = { objects: 'resign', clientKeys: 'env:CLIENT' } as const;
  const registered = { management: 'keep', clientKeys: 'env:CLIENT' } as const;
  return {
    direct: {
      bucket: directly,
      served: null,
      way: () => pathStyle(directly, gateway.url, own),
    },
    [PATH]: {
      bucket: byPath,
      served: { bucket: atPath(byPath), ...prefixed(byPath), keepHost: true },
      way: (edge) => pathStyle(byPath, edge, own),
    },
    [NAME]: {
      bucket: byName,
      served: { bucket: atName(byName), ...named(byName, DNS_NAME), keepHost: true },
      way: (edge) => virtualHosted(byName, DNS_NAME, edge, own),
    },
    // The bucket is addressed in the other style than the edge.
    [RESIGNED[0]]: {
      bucket: againByPath,
      served: { bucket: atName(againByPath), ...prefixed(againByPath), ...again },
      way: (edge) => pathStyle(againByPath, edge, signsAgain),
    },
    [RESIGNED[1]]: {
      bucket: againByName,
      served: { bucket: atPath(againByName), ...named(againByName, OWN_NAME), ...again },
      way: (edge) => virtualHosted(againByName, OWN_NAME, edge, signsAgain),
    },
    [REGISTERED[0]]: {
      bucket: rulesByPath,
      served: { bucket: atPath(rulesByPath), ...prefixed(rulesByPath), ...registered, keepHost: true },
      way: (edge) => pathStyle(rulesByPath, edge, storesRules),
    },
    [REGISTERED[1]]: {
      bucket: rulesByName,
      served: { bucket: atPath(rulesByName), ...named(rulesByName, OWN_NAME), ...registered, ...again },
      way: (edge) => virtualHosted(rulesByName, OWN_NAME, edge, storesRules),
    },
  };
}

export const pathStyle = (bucket: string, url: string, more: Pick<Way, 'keys' | 'rulesIn'>): Way => ({
  bucket,
  style: 'path',
  endpoint: url,
  proxy: null,
  url,
  host: new URL(url).host,
  root: `/${bucket}`,
  ...more,
});

export const virtualHosted = (
  bucket: string,
  suffix: string,
  url: string,
  more: Pick<Way, 'keys' | 'rulesIn'>,
): Way => ({
  bucket,
  style: 'virtual',
  endpoint: `http://${suffix}`,
  proxy: url,
  url,
  host: `${bucket}.${suffix}`,
  root: '',
  ...more,
});
