import type { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import type { Forwarded } from '../../src/bucket/forwarded.ts';
import type { RequestLimits } from '../../src/bucket/limits.ts';
import type { Dialect, VaryMode } from '../../src/cors/behaviour.ts';
import type { RequestEvent } from '../../src/edge/observe.ts';
import type { Rules, Upstream } from '../helpers/upstream.ts';

/** Where the edge shall serve a bucket, and what stands behind it. */
export interface Place {
  readonly name: string;
  readonly hosts?: readonly string[];
  readonly prefix?: string;
  readonly keepPrefix?: boolean;
  readonly keepHost?: boolean;
  readonly trustForwarded?: boolean;
  readonly forwarded?: Forwarded;
  readonly passProxyCommands?: boolean;
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
  readonly limits?: RequestLimits;
  /** Milliseconds; on Workers the head's alone, in whole seconds. */
  readonly timeouts?: {
    readonly connect: number;
    readonly head: number;
    readonly idle: number;
    readonly upload?: number;
  };
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
  /** What it calls itself in Via, after `bucket-cors-`. */
  readonly edgeId: string;
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
  readonly name: 'node' | 'workerd' | 'middleware';
  open(options: OpenOptions): Promise<Edge>;
}

/** What only Node can promise, and why. */
export const ONLY_ON_NODE = {
  'raw targets':
    'the platform’s fetch percent-encodes some characters, and a target with dot segments is refused, as it would resolve them',
  'absolute targets': 'workerd makes one URL of target and Host; Cloudflare sends none of them to Workers',
  'raw heads':
    'workerd writes headers in an order of its own, and those that it knows in its own spelling, joined',
  'refused heads': 'what workerd accepts of a head is its own choice, be it a request’s or an answer’s',
  'time-outs':
    'on Workers the head alone has one, from a second on, and test/cloudflare/transport.test.ts waits for it by a false clock',
  'causes in words': 'why a connection failed is told in the words of the platform’s own fetch',
  host: 'the Host header follows the URL on Workers: the bucket can’t be sent the client’s',
  'bodies of GET': 'the platform’s fetch refuses to send them; the edge says 400',
  'lengths of nothing': 'workerd tells no Content-Length where there is no body, but for HEAD',
  'ends of bodies':
    'the platform streams bodies by itself: how many bytes went by, and how that ended, it tells nobody',
  connections: 'workerd keeps connections to clients to itself',
} as const;

/** A test that only Node can pass; the reason is one of the table's. */
export const testOn = ({ name }: Runtime, _why: keyof typeof ONLY_ON_NODE) => test.skipIf(name !== 'node');

/** What a failure is called there: workerd has one sentence for a connection that was refused, reset or spoke no HTTP. */
export const codeOn = ({ name }: Runtime, code: string): string =>
  name === 'workerd' && (code === 'BucketUnreachable' || code === 'BucketAnswerInvalid')
    ? 'BucketBrokeOff'
    : code;

/** Goes away as a client does. workerd takes the mere end of what a client sends for no more than that, until it writes. */
export const leave = ({ name }: Runtime, socket: Socket): void =>
  void (name === 'workerd' ? socket.resetAndDestroy() : socket.destroy());

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
