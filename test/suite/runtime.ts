import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import type { VaryMode } from '../../src/cors/compile.ts';
import type { Dialect } from '../../src/cors/dialect.ts';
import type { RequestEvent } from '../../src/edge/observe.ts';
import type { Rules, Upstream } from '../helpers/upstream.ts';

/** Where the edge shall serve a bucket, and what stands behind it. */
export interface Place {
  readonly name: string;
  readonly hosts?: readonly string[];
  readonly prefix?: string;
  readonly keepPrefix?: boolean;
  /** The scripted bucket's path-style prefix. */
  readonly path?: string;
  /** What it says to the first `GET /?cors`; what the options say unless given. */
  readonly rules?: Rules;
  /** Objects are looked for here; the rules still come from the scripted bucket. */
  readonly url?: string;
}

export interface OpenOptions {
  /** `oss` unless given. */
  readonly dialect?: Dialect;
  /** `safe` unless given. */
  readonly vary?: VaryMode;
  /** What a bucket says to the first `GET /?cors`; `none` unless given. */
  readonly rules?: Rules;
  readonly debugReason?: boolean;
  /** One that serves everything, unless given. */
  readonly buckets?: readonly Place[];
  /** Milliseconds. */
  readonly timeouts?: { readonly connect: number; readonly head: number; readonly idle: number };
}

/** What operators see of one bucket. */
export interface Told {
  /** What `/rules` says. */
  readonly state: string;
  readonly cause: string | null;
  readonly cure: string | null;
  /** What `/readyz` says where this bucket is preloaded, and no other. */
  readonly ready: string;
  readonly reasons: readonly string[];
}

/** A running edge in front of scripted buckets. Every bucket has its first rules, or failed to give any. */
export interface Edge {
  readonly url: string;
  /** The first bucket. */
  readonly bucket: Upstream;
  bucketNamed(name: string): Upstream;
  /** Changes the rules of a bucket, the first unless named, at the store; resolves when the edge has asked for them. */
  setRules(rules: Rules, name?: string): Promise<void>;
  /** What admin tells of a bucket's rules. */
  told(name: string): Promise<Told>;
  /** What `observe` was told. */
  readonly events: readonly RequestEvent[];
  /** What the edge itself did wrong; stays empty. */
  readonly errors: readonly unknown[];
  close(): Promise<void>;
}

export interface Runtime {
  readonly name: 'node' | 'workerd';
  open(options: OpenOptions): Promise<Edge>;
}

/** What only Node can promise, and why. */
export const ONLY_ON_NODE = {
  'raw targets':
    'workerd parses the URL, which resolves dot segments and re-encodes, before the edge sees it',
  'raw heads': 'workerd joins repeated headers and lower-cases their names',
  'refused heads': 'what workerd accepts of a request head is its own choice',
  'hop by hop': 'workerd deals with Connection and what it names by itself',
  'time-outs': 'workerd has no time-outs of connections to set',
  'causes in words': 'why a connection failed is told in the words of the platform’s own fetch',
  events: 'only the Node edge can be built around a listener of the test',
  connections: 'workerd keeps connections to clients to itself',
} as const;

/** A test that only Node can pass; the reason is one of the table's. */
export const testOn = ({ name }: Runtime, _why: keyof typeof ONLY_ON_NODE) => test.skipIf(name !== 'node');

/** One edge for all tests of a block; its buckets forget between them what was asked. */
export function useEdge(runtime: Runtime, options: OpenOptions = {}): () => Edge {
  let edge: Edge | undefined;
  const current = (): Edge => {
    if (edge === undefined) throw new Error('the edge is open only while tests run');
    return edge;
  };
  beforeAll(async () => {
    edge = await runtime.open(options);
  });
  beforeEach(() => {
    for (const { name } of options.buckets ?? []) current().bucketNamed(name).reset();
    current().bucket.reset();
  });
  afterAll(async () => {
    await edge?.close();
    if (current().errors.length > 0)
      throw new Error('the edge failed on a request', { cause: current().errors });
  });
  return current;
}
