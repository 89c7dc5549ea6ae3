import { readiness } from '../../src/admin/ready.ts';
import type { describeRules } from '../../src/admin/rules.ts';
import type { Credentials } from '../../src/bucket/sign/credentials.ts';
import { environmentNames } from '../../src/bucket/sign/environment.ts';
import { readConfigFile } from '../../src/config/file.ts';
import type { Dialect } from '../../src/cors/behaviour.ts';
import type { RequestEvent } from '../../src/edge/observe.ts';
import { digestOf } from '../../src/open/bucket.ts';
import type { RulesStatus } from '../../src/rules/record.ts';
import { inlineSource } from '../../src/rules/sources/inline.ts';
import { KEYS, REGION, TEMPORARY } from '../helpers/signed.ts';
import { openUpstream, type Upstream } from '../helpers/upstream.ts';
import type { BucketStatus, Edge, OpenOptions, Place } from '../suite/runtime.ts';
import { adminOf, errorsOf, runWorker, TOKEN } from './_worker.ts';

const ONE: readonly Place[] = [{ name: 'bucket' }];

interface Opened {
  readonly place: Place;
  readonly upstream: Upstream;
}

/** Runs the built Worker in workerd; events and status, which callbacks report on Node, are read from its log and its admin endpoints. */
export async function openOnWorkerd(options: OpenOptions): Promise<Edge> {
  const open = async (place: Place): Promise<Opened> => ({
    place,
    upstream: await openUpstream(place.rules ?? options.rules ?? 'none', place.path),
  });
  const opened = await Promise.all((options.buckets ?? ONE).map(open));
  const config = JSON.stringify(configOf(options, opened));
  const stores = opened.some(({ place }) => place.management === 'keep');
  const worker = await runWorker({
    env: { BUCKET_CORS_CONFIG: config, ADMIN_TOKEN: TOKEN, ...(stores && KEY_VARIABLES) },
    ...(stores && { kv: true as const }),
  });
  const admin = adminOf(worker);
  await Promise.all(opened.map(({ place: { name } }) => admin(`/explain?bucket=${name}&path=/key`)));
  const byName = (name?: string): Upstream => {
    const found = name === undefined ? opened[0] : opened.find(({ place }) => place.name === name);
    if (found === undefined) throw new Error(`no bucket ${name}`);
    return found.upstream;
  };
  return {
    url: worker.url,
    edgeId: await edgeIdOf(config),
    bucket: byName(),
    bucketNamed: byName,
    setRules: async (rules, name = opened[0]?.place.name ?? '') => {
      byName(name).rules = rules;
      await admin(`/refresh?bucket=${name}`, 'POST');
    },
    status: async (name) => toldOf(name, (await admin(`/rules?bucket=${name}`)) as RulesTold),
    get events() {
      return worker.lines
        .filter(({ msg }) => msg === 'request')
        .map(({ level: _, time: __, msg: ___, ...event }) => event as unknown as RequestEvent);
    },
    get errors() {
      return errorsOf(worker);
    },
    close: async () => {
      await worker.close();
      await Promise.all(opened.map(({ upstream }) => upstream.close()));
    },
  };
}

/** The keys of test/helpers/signed.ts, as variables of either store. */
const KEY_VARIABLES: Readonly<Record<string, string>> = Object.fromEntries(
  (['oss', 's3'] as const).flatMap((store) =>
    [
      [KEYS, undefined],
      [TEMPORARY, 'TEMPORARY'],
    ].flatMap(([keys, prefix]) => variablesOf(store, keys as Credentials, prefix as string | undefined)),
  ),
);

function variablesOf(store: Dialect, keys: Credentials, prefix?: string): [string, string][] {
  const { id, secret, token } = environmentNames(store, prefix);
  const variables: [string, string][] = [
    [id, keys.accessKeyId],
    [secret, keys.accessKeySecret],
  ];
  return keys.securityToken === undefined ? variables : [...variables, [token, keys.securityToken]];
}

function configOf({ dialect, vary, debugReason, limits, timeouts }: OpenOptions, opened: readonly Opened[]) {
  const head = (timeouts?.head ?? 0) / 1000;
  // Workers have no --keep-host; its tests run on Node only.
  const buckets = opened.map(
    ({ place: { name, rules: _, path: __, keepHost: ___, passProxyCommands, url, ...where }, upstream }) => [
      name,
      {
        ...where,
        dangerouslyPassProxyCommands: passProxyCommands ?? false,
        store: dialect ?? 'oss',
        vary: vary ?? 'safe',
        // Tests of others run on Node alone.
        ...(head >= 1 && { bucketHeadTimeout: `${head}s` }),
        bucket: url ?? upstream.url,
        ...(where.management === 'keep' && { bucketName: name, region: REGION, clientKeys: 'env:TEMPORARY' }),
        // Objects are elsewhere, and so are the rules that a bucket would be asked for.
        ...(url !== undefined && { rules: `${upstream.url}/?cors` }),
      },
    ],
  );
  return {
    // Rules are not loaded again until a test or a client's own write asks for it.
    rulesTtl: '1h',
    maxStale: '0',
    debugReason: debugReason ?? false,
    ...(limits && { maxUrl: limits.target, maxHeaders: limits.headers }),
    buckets: Object.fromEntries(buckets),
  };
}

async function edgeIdOf(config: string): Promise<string> {
  const read = readConfigFile(config, 'config');
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  const { buckets, store } = read.value;
  return (await digestOf([buckets, store])).slice(0, 8);
}

interface RulesTold {
  readonly buckets: readonly Pick<ReturnType<typeof describeRules>, 'state' | 'failure'>[];
}

/** What `/readyz` says where this bucket is preloaded, and no other: the same function says so here. */
function toldOf(name: string, { buckets: [bucket] }: RulesTold): BucketStatus {
  if (bucket === undefined) throw new Error(`no status of ${name}`);
  const { state, failure } = bucket;
  const behaviour = { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false } as const;
  const ruled = { name, source: inlineSource('[]'), behaviour };
  const status = { state, failure, lastGood: null } as unknown as RulesStatus;
  const { status: ready, reasons } = readiness({
    buckets: () => [ruled],
    preloaded: () => [ruled],
    cache: { status: () => status } as unknown as Parameters<typeof readiness>[0]['cache'],
    listening: () => true,
  });
  return { state, cause: failure?.cause ?? null, cure: failure?.cure ?? null, ready, reasons };
}
