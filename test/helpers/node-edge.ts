import { createHash } from 'node:crypto';
import { readiness } from '../../src/admin/ready.ts';
import { describeRules } from '../../src/admin/rules.ts';
import { isAddress, parseAddress } from '../../src/bucket/address.ts';
import { askForRules, rulesUrl } from '../../src/bucket/read.ts';
import type { Address } from '../../src/bucket/transport.ts';
import { verifyRequest } from '../../src/bucket/verify/verify.ts';
import type { Dialect } from '../../src/cors/behaviour.ts';
import { createEdge } from '../../src/edge/app.ts';
import type { Bucket, Keeping, Management } from '../../src/edge/bucket.ts';
import type { RequestEvent } from '../../src/edge/observe.ts';
import { type Listening, type ListenOptions, listen, type Where } from '../../src/node/server/listen.ts';
import { edgeListener } from '../../src/node/transport/exchange.ts';
import type { GateLimits } from '../../src/node/transport/gate.ts';
import { createPools, type PoolsOptions } from '../../src/node/transport/pools.ts';
import { readByPools } from '../../src/node/transport/small-read.ts';
import { createRulesCache } from '../../src/rules/cache.ts';
import { renewal } from '../../src/rules/refresh.ts';
import type { RuledBucket } from '../../src/rules/ruled-bucket.ts';
import { bucketSource } from '../../src/rules/sources/bucket.ts';
import type { Edge, OpenOptions, Place } from '../suite/runtime.ts';
import { type MemoryRegister, memoryRegister } from './memory-register.ts';
import { KEYS, TEMPORARY } from './signed.ts';
import { TRANSPORT } from './transport.ts';
import { openUpstream, type Upstream } from './upstream.ts';

interface Opened {
  readonly upstream: Upstream;
  readonly ruled: RuledBucket;
  readonly bucket: Bucket;
}

/** Milliseconds. Rules are loaded again only when a test or a client's own write asks for it. */
const RULES_TTL = 3_600_000;
const EDGE_ID = '0123abcd';
const ANY_PORT: Where = { host: '127.0.0.1', port: 0 };
const ONE_BUCKET: readonly Place[] = [{ name: 'bucket' }];

/** An edge whose server a test can reach. */
export interface NodeEdge extends Edge {
  readonly listening: Listening;
  /** Where the rules of a bucket with `management: 'keep'` are stored. */
  registerOf(name: string): MemoryRegister;
}

export interface NodeOptions extends OpenOptions {
  /** Replaces parts of what serves a bucket with `management: 'keep'`. */
  readonly keeping?: Partial<Keeping>;
  /** Of the connections to buckets. */
  readonly connections?: Pick<PoolsOptions, 'lookup' | 'connectionsLife'>;
}

/** What the operator does about a bucket without management. */
export const TURN_ON = '--management keep';

function managementOf(
  mode: Place['management'],
  {
    dialect,
    name,
    ...keeping
  }: Pick<Keeping, 'register'> & Partial<Keeping> & { dialect: Dialect; name: string },
): Management {
  if (mode === 'off') return { mode, write: TURN_ON };
  if (mode !== 'keep') return { mode: 'pass' };
  const options = {
    dialect,
    bucket: name,
    region: null,
    keys: async () => [KEYS, TEMPORARY],
    wallClock: Date.now,
  };
  return {
    mode,
    verify: (request) => verifyRequest(request, options),
    md5: async (bytes) => createHash('md5').update(bytes).digest(),
    wallClock: Date.now,
    ...keeping,
  };
}

/** Opens the edge as it runs on Node, and records its events. */
export async function openOnNode(
  options: NodeOptions,
  limits?: GateLimits,
  { where = ANY_PORT, ...listenOptions }: ListenOptions & { readonly where?: Where } = {},
): Promise<NodeEdge> {
  const cache = createRulesCache({ ttl: RULES_TTL, maxStale: 0 });
  const { connect, head, idle, upload = idle } = options.timeouts ?? {};
  const timeouts = connect === undefined || head === undefined ? {} : { timeouts: { connect, head } };
  const { pools, close: closePools } = createPools({
    transport: TRANSPORT,
    ...(idle !== undefined && { idle }),
    ...(upload !== undefined && { upload }),
    ...(limits !== undefined && { limits }),
    ...options.connections,
  });
  const registers = new Map<string, MemoryRegister>();
  const openBucket = async ({
    name,
    path,
    url,
    rules: own,
    management,
    ...where
  }: Place): Promise<Opened> => {
    const upstream = await openUpstream(own ?? options.rules ?? 'none', path);
    const home = addressOf(upstream.url);
    const ruled: RuledBucket = {
      name,
      source:
        management === 'keep'
          ? registerOf(name).source
          : bucketSource(rulesUrl(home), askForRules(home, readByPools(pools))),
      behaviour: {
        dialect: options.dialect ?? 'oss',
        vary: options.vary ?? 'safe',
        dangerouslyAllowCredentials: false,
      },
    };
    const rules: Bucket['rules'] = {
      current: (background) => cache.current(ruled, background),
      refresh: (background) => renewal(cache.renew(ruled), background),
    };
    const address = url === undefined ? home : addressOf(url);
    const { dialect } = ruled.behaviour;
    const managed = managementOf(management, {
      dialect,
      name,
      register: registerOf(name),
      ...options.keeping,
    });
    return { upstream, ruled, bucket: { name, address, rules, management: managed, ...timeouts, ...where } };
  };
  const registerOf = (name: string): MemoryRegister => {
    const register = registers.get(name) ?? memoryRegister();
    registers.set(name, register);
    return register;
  };
  const opened = await Promise.all((options.buckets ?? ONE_BUCKET).map(openBucket));
  const events: RequestEvent[] = [];
  const errors: unknown[] = [];
  const app = createEdge({
    buckets: opened.map(({ bucket }) => bucket),
    observe: (event) => events.push(event),
    onError: (error) => errors.push(error),
    edgeId: EDGE_ID,
    debugReason: options.debugReason ?? false,
    ...(options.limits && { limits: options.limits }),
  });
  const listening = await listen(
    edgeListener(() => app, pools),
    where,
    { readsRawHeaders: true, ...(options.limits && { limits: options.limits }), ...listenOptions },
  );
  await Promise.all(opened.map(({ ruled }) => cache.current(ruled)));
  const byName = (name?: string): Opened => {
    const found = name === undefined ? opened[0] : opened.find(({ bucket }) => bucket.name === name);
    if (found === undefined) throw new Error(`no bucket ${name}`);
    return found;
  };
  return {
    listening,
    registerOf,
    url: listening.url,
    edgeId: EDGE_ID,
    bucket: byName().upstream,
    bucketNamed: (name) => byName(name).upstream,
    setRules: async (rules, name) => {
      const { upstream, ruled } = byName(name);
      upstream.rules = rules;
      await cache.refresh(ruled);
    },
    status: async (name) => {
      const { state, failure } = describeRules(byName(name).ruled, cache.status(name));
      const { status: ready, reasons } = readiness({
        buckets: () => [byName(name).ruled],
        preloaded: () => [byName(name).ruled],
        cache,
        listening: () => true,
      });
      return { state, cause: failure?.cause ?? null, cure: failure?.cure ?? null, ready, reasons };
    },
    events,
    errors,
    close: async () => {
      await listening.close(0);
      await Promise.all(opened.map(({ upstream }) => upstream.close()));
      await closePools();
    },
  };
}

function addressOf(url: string): Address {
  const address = parseAddress(url);
  if (!isAddress(address)) throw new Error(`${url} ${address.reason}`);
  return address;
}
