import { isBucketName, isListed, type NameLists } from '../bucket/bucket-names.ts';
import type { Address } from '../bucket/transport.ts';
import type { Behaviour } from '../cors/behaviour.ts';
import { compileRules, missingBucket } from '../cors/compile.ts';
import { NO_RULES } from '../cors/rule.ts';
import type { RulesInForce } from '../rules/in-force.ts';
import { createNames, type NameLimits } from '../rules/names.ts';
import type { Bucket } from './bucket.ts';

/** Where the buckets of a store are, and which requests name one. Plain data: a worker process gets it in a message. */
export interface StorePlan extends NameLists {
  /** For logs and metrics of requests that name no bucket that is known to exist. */
  readonly label: string;
  /** The endpoint; its path precedes the buckets' names. */
  readonly address: Address;
  /** Whether the endpoint takes a bucket's name in the host or in the path. */
  readonly style: 'host' | 'path';
  /** Hosts of the service itself, in the form of `hostName`; null: every host that no bucket names. */
  readonly hosts: readonly string[] | null;
  /** What follows the bucket's name in a host: `.files.example.com`. */
  readonly suffixes: readonly string[];
  /** What precedes the bucket's name in a path: empty or `/s3`. Null: no path names a bucket. */
  readonly paths: string | null;
  /** Around the name in the key of a bucket's rules. */
  readonly keyPrefix: string;
  readonly keySuffix: string;
  readonly behaviour: Behaviour;
  /**
   * What shows that a bucket exists: an answer of the store, rules that a client has written, or nothing: all buckets
   * have the same rules.
   */
  readonly evidence: 'answer' | 'rules' | 'nothing';
  /** What is the same for all buckets. */
  readonly route: Pick<
    Bucket,
    'keepHost' | 'trustForwarded' | 'forwarded' | 'passProxyCommands' | 'timeouts'
  >;
}

/** The buckets of a store, by name. */
export interface Store {
  readonly plan: StorePlan;
  /** The name must be one that `servesName` accepts. */
  bucketOf(name: string): Bucket;
  /** The service itself: it lists the buckets. */
  readonly service: Bucket;
}

/** Whether the store may have a bucket of this name, and the lists let it through. */
export const servesName = (plan: StorePlan, name: string): boolean =>
  isBucketName(name, plan.behaviour.dialect, hasTenants(plan)) && isListed(name, plan);

/** A colon cannot be part of a host. */
const hasTenants = ({ style, behaviour }: StorePlan): boolean =>
  style === 'path' && behaviour.dialect === 's3';

/** A bucket's name in a path. SigV4 encodes a colon. */
export const inPath = (name: string): string => name.replace(':', '%3A');

/** The address of a bucket. */
export function addressIn({ address, style }: Pick<StorePlan, 'address' | 'style'>, name: string): Address {
  const { base, host, path } = address;
  return style === 'path'
    ? { base, host, path: `${path}/${inPath(name)}` }
    : { base: base.replace('://', `://${name}.`), host: `${name}.${host}`, path };
}

/** The key of a bucket's rules. */
export const keyIn = ({ keyPrefix, keySuffix, evidence, label }: StorePlan, name: string): string =>
  keyPrefix + (evidence === 'nothing' ? label : name) + keySuffix;

/** The bucket's name in such a key; null: another key. */
export function nameIn(plan: StorePlan, key: string): string | null {
  const { keyPrefix, keySuffix } = plan;
  if (!key.startsWith(keyPrefix) || !key.endsWith(keySuffix)) return null;
  const name = key.slice(keyPrefix.length, -keySuffix.length);
  return servesName(plan, name) ? name : null;
}

/** The rules of a bucket, and how to forget them. */
export interface StoreRules {
  readonly rules: Bucket['rules'];
  forget(): void;
}

export interface StoreOptions<R extends StoreRules> {
  readonly plan: StorePlan;
  /** Opens the rules of a bucket; nothing is loaded before they are asked for. */
  readonly open: (name: string) => R;
  /** Who may do what with a bucket; null: with the service itself. */
  readonly access?: (name: string | null) => Pick<Bucket, 'management' | 'authorize'>;
  readonly limits?: NameLimits;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** `R`: what a platform has for each bucket. */
export interface ServedStore<R extends StoreRules> extends Store {
  /** Opens a bucket; null: it was found missing lately. */
  find(name: string): R | null;
  /** A bucket that is open: the store has it, or was not asked yet. */
  peek(name: string): R | undefined;
  /** Takes from a bucket's rules whether it exists. Called for requests that the edge serves itself. */
  learn(name: string, inForce: RulesInForce): void;
  /** The bucket may exist again: the next request asks the store. */
  revive(name: string): void;
  /** The buckets that exist, the last used first. */
  known(): readonly R[];
  /** The same with those about which nothing is known yet. */
  opened(): readonly R[];
  /** Forgets all buckets. */
  close(): void;
}

interface Opened<R> {
  readonly own: R;
  readonly bucket: Bucket;
}

/**
 * Serves the buckets of a store. A bucket is opened by its first request. One that the store does not have is
 * remembered for a while, and the store is not asked again.
 */
export function createStore<R extends StoreRules>({
  plan,
  open,
  access = () => ({}),
  ...bounds
}: StoreOptions<R>): ServedStore<R> {
  const { label, behaviour, evidence } = plan;
  const names = createNames<Opened<R>>({
    ...bounds,
    open(name) {
      const own = open(name);
      return { own, bucket: bucketOf(name, learning(name, own.rules)) };
    },
    close: ({ own }) => own.forget(),
  });
  const missing: RulesInForce = { rules: missingBucket(behaviour), version: null };
  const noRules: RulesInForce = { rules: compileRules(NO_RULES, behaviour), version: null };
  const find = (name: string): R | null => names.find(name)?.own ?? null;

  const bucketOf = (name: string, rules: Bucket['rules']): Bucket => ({
    ...plan.route,
    name,
    address: addressIn(plan, name),
    ofStore: { label, server: plan.address.base, exists },
    rules,
    ...access(name),
  });

  function exists({ rules, version }: RulesInForce): boolean {
    if (version === null || rules.state !== 'known' || evidence === 'nothing') return false;
    return evidence === 'answer' || rules.rules.length > 0;
  }

  function learn(name: string, inForce: RulesInForce): void {
    if (inForce.rules.state === 'missing') names.drop(name);
    else if (exists(inForce)) names.confirm(name);
  }

  const rulesOf = (name: string, current: Bucket['rules']['current']): Bucket['rules'] => ({
    current,
    /** The request may have created the bucket, and its rules may have been forgotten meanwhile. */
    async refresh(background) {
      names.revive(name);
      await find(name)?.rules.refresh(background);
      // An earlier load may have ended in between, with the answer from before.
      names.revive(name);
    },
  });

  function learning(name: string, { current }: Bucket['rules']): Bucket['rules'] {
    const learned = (inForce: RulesInForce): RulesInForce => {
      learn(name, inForce);
      return inForce;
    };
    return rulesOf(name, (background) => {
      const found = current(background);
      return found instanceof Promise ? found.then(learned) : learned(found);
    });
  }

  /** A bucket that was found missing. A request that creates it passes. */
  const absent = (name: string): Bucket =>
    bucketOf(
      name,
      rulesOf(name, () => missing),
    );

  return {
    plan,
    bucketOf: (name) => names.find(name)?.bucket ?? absent(name),
    service: {
      ...plan.route,
      name: label,
      address: plan.address,
      rules: { current: () => noRules, refresh: async () => {} },
      ...access(null),
    },
    find,
    peek: (name) => names.peek(name)?.own,
    learn,
    revive: names.revive,
    known: () => names.known().flatMap((name) => names.peek(name)?.own ?? []),
    opened: () => names.opened().map(({ own }) => own),
    close: names.clear,
  };
}
