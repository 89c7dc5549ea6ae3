import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Credentials } from '../../../src/bucket/sign/credentials.ts';
import type { Bucket } from '../../../src/edge/bucket.ts';
import type { Access } from '../../../src/open/access.ts';
import { openAuthorize } from '../../../src/open/authorize.ts';
import { PASSING } from '../../helpers/access.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { openSignedStore, type SignedStore, type StoreOptions } from '../../helpers/signed-store.ts';
import type { Rules } from '../../helpers/upstream.ts';
import type { Place } from '../../suite/runtime.ts';
import { ONE_ORIGIN } from '../../suite/sets.ts';

export const KEYS: Credentials = { accessKeyId: 'an-id', accessKeySecret: 'a-secret' };
export const TEMPORARY: Credentials = {
  accessKeyId: 'STS.id',
  accessKeySecret: 'another-secret',
  securityToken: 'CAIS+/=token',
};
export const OTHERS: Credentials = { accessKeyId: 'other-id', accessKeySecret: 'other-secret' };

/** One bucket behind the edge: the store's side, and the edge's. */
export interface Behind {
  readonly store: Pick<StoreOptions, 'dialect'> & Partial<StoreOptions>;
  readonly access?: Partial<Access>;
  readonly place?: Partial<Place>;
  /** The keys of `credentials` at the edge; those of the store unless given. */
  readonly keys?: readonly Credentials[];
}

export interface Objects {
  readonly edge: NodeEdge;
  readonly stores: readonly SignedStore[];
  readonly store: SignedStore;
}

const REGIONS = { oss: 'cn-hangzhou', s3: 'us-east-1' } as const;

/** The variables of several keys: the first without a prefix, the others behind K1, K2 … */
function variablesOf(keys: readonly Credentials[], dialect: 'oss' | 's3'): Record<string, string> {
  const [id, secret, token] =
    dialect === 'oss'
      ? ['OSS_ACCESS_KEY_ID', 'OSS_ACCESS_KEY_SECRET', 'OSS_SESSION_TOKEN']
      : ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
  return Object.fromEntries(
    keys.flatMap(({ accessKeyId, accessKeySecret, securityToken }, at) => {
      const prefix = at === 0 ? '' : `K${at}_`;
      return [
        [prefix + id, accessKeyId],
        [prefix + secret, accessKeySecret],
        ...(securityToken === undefined ? [] : [[prefix + token, securityToken]]),
      ];
    }),
  );
}

/** Opens an edge in front of buckets that check signatures. */
export async function openObjects(
  behind: readonly Behind[],
  rules: Rules = ONE_ORIGIN,
): Promise<Objects & { close(): Promise<void> }> {
  const stores: SignedStore[] = [];
  const places: (Place & Pick<Bucket, 'authorize'>)[] = [];
  for (const [at, { store: given, access = {}, place = {}, keys: edgeKeys }] of behind.entries()) {
    const name = given.bucket ?? 'media';
    const { dialect } = given;
    const keys = given.keys ?? [KEYS];
    const region = given.region ?? REGIONS[dialect];
    const store = await openSignedStore({ ...given, bucket: name, keys, region });
    stores.push(store);
    const known = edgeKeys ?? keys;
    const authorize = openAuthorize(
      {
        ...PASSING,
        store: dialect,
        objects: 'resign',
        bucketName: name,
        region,
        credentials: { kind: 'environment', prefix: null },
        clientKeys: known.slice(1).map((_, key) => ({ kind: 'environment', prefix: `K${key + 1}` })),
        ...access,
      },
      { variables: variablesOf(known, dialect) },
    );
    places.push({
      name: `${at}`,
      url: store.url,
      ...place,
      ...(authorize !== undefined && { authorize }),
    });
  }
  const dialect = behind[0]?.store.dialect ?? 's3';
  const edge = await openOnNode({ buckets: places, rules, dialect });
  return {
    edge,
    stores,
    get store() {
      const [first] = stores;
      if (first === undefined) throw new Error('no store');
      return first;
    },
    close: async () => {
      await edge.close();
      for (const store of stores) await store.close();
      if (edge.errors.length > 0) throw new Error('the edge failed on a request', { cause: edge.errors });
    },
  };
}

/** One edge for all tests of a block, with empty stores before each. */
export function useObjects(behind: readonly Behind[], rules?: Rules): () => Objects {
  let opened: Awaited<ReturnType<typeof openObjects>>;
  beforeAll(async () => {
    opened = await openObjects(behind, rules);
  });
  beforeEach(() => {
    for (const { objects, seen } of opened.stores) {
      objects.clear();
      seen.length = 0;
    }
  });
  afterAll(() => opened.close());
  return () => opened;
}
