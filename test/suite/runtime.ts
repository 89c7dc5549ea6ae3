import type { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import type { Forwarded } from '../../src/bucket/forwarded.ts';
import type { RequestLimits } from '../../src/bucket/limits.ts';
import type { Dialect, VaryMode } from '../../src/cors/behaviour.ts';
import type { RequestEvent } from '../../src/edge/observe.ts';
import type { Rules, Upstream } from '../helpers/upstream.ts';

/** How the edge serves a bucket, and the scripted bucket itself. */
export interface Place {
  readonly name: string;
  readonly hosts?: readonly string[];
  readonly prefix?: string;
  readonly keepPrefix?: boolean;
  readonly keepHost?: boolean;
  readonly trustForwarded?: boolean;
  readonly forwarded?: Forwarded;
  readonly passProxyCommands?: boolean;
  /** `pass` by default. `keep`: rules are stored in memory, and written by the keys of test/helpers/signed.ts. */
  readonly management?: 'pass' | 'off' | 'keep';
  /** The scripted bucket's path-style prefix. */
  readonly path?: string;
  /** The first answer to `GET /?cors`; by default that of the options. */
  readonly rules?: Rules;
  /** Objects come from here; the rules still come from the scripted bucket. */
  readonly url?: string;
}

export interface OpenOptions {
  /** `oss` by default. */
  readonly dialect?: Dialect;
  /** `safe` by default. */
  readonly vary?: VaryMode;
  /** A bucket's first answer to `GET /?cors`; `none` by default. */
  readonly rules?: Rules;
  readonly debugReason?: boolean;
  /** By default one bucket that serves every request. */
  readonly buckets?: readonly Place[];
  readonly limits?: RequestLimits;
  /** Milliseconds. On Workers only `head` has an effect, in whole seconds. */
  readonly timeouts?: {
    readonly connect: number;
    readonly head: number;
    readonly idle: number;
    readonly upload?: number;
  };
}

/** The admin app's view of one bucket. */
export interface BucketStatus {
  /** From `/rules`. */
  readonly state: string;
  readonly cause: string | null;
  readonly cure: string | null;
  /** From `/readyz`, with only this bucket preloaded. */
  readonly ready: string;
  readonly reasons: readonly string[];
}

/** A running edge in front of scripted buckets, each of them loaded once, with or without success. */
export interface Edge {
  readonly url: string;
  /** Its name in Via, without the prefix `bucket-cors-`. */
  readonly edgeId: string;
  /** The first bucket. */
  readonly bucket: Upstream;
  bucketNamed(name: string): Upstream;
  /** Changes the rules of a bucket (by default the first) at the store. Resolves when the edge has loaded them. */
  setRules(rules: Rules, name?: string): Promise<void>;
  /** The status of a bucket's rules. */
  status(name: string): Promise<BucketStatus>;
  /** The events given to `observe`. */
  readonly events: readonly RequestEvent[];
  /** Exceptions in the edge itself; must stay empty. */
  readonly errors: readonly unknown[];
  close(): Promise<void>;
}

export interface Runtime {
  readonly name: 'node' | 'workerd' | 'middleware';
  open(options: OpenOptions): Promise<Edge>;
}

/** The behaviours that only Node can guarantee, with the reasons. */
export const ONLY_ON_NODE = {
  'raw targets':
    'the platform’s fetch percent-encodes some characters and resolves dot segments, so the edge refuses a target with dot segments',
  'absolute targets': 'workerd makes one URL of target and Host; Cloudflare sends no such target to Workers',
  'raw heads': 'workerd writes headers in its own order, and known ones joined and in its own spelling',
  'refused heads': 'workerd decides itself which heads of requests and answers it accepts',
  'time-outs':
    'on Workers only the head has a timeout, of whole seconds; test/cloudflare/transport.test.ts tests it with a fake clock',
  'causes in words': 'the cause of a failed connection is the text of the platform’s own fetch',
  host: 'on Workers the Host header follows the URL, so the bucket cannot get the client’s',
  'bodies of GET': 'the platform’s fetch refuses to send them; the edge answers 400',
  'lengths of empty bodies': 'workerd sends no Content-Length without a body, except for HEAD',
  'ends of bodies': 'the platform streams bodies itself and reports neither their bytes nor their end',
  connections: 'workerd gives no access to its connections to clients',
} as const;

/** A test that only Node can pass, with its reason from the table. */
export const testOn = ({ name }: Runtime, _why: keyof typeof ONLY_ON_NODE) => test.skipIf(name !== 'node');

/**
 * The code of a failure on a runtime: workerd has one message for a refused or reset connection and for bytes that are
 * not HTTP.
 */
export const codeOn = ({ name }: Runtime, code: string): string =>
  name === 'workerd' && (code === 'BucketUnreachable' || code === 'BucketAnswerInvalid')
    ? 'BucketBrokeOff'
    : code;

/** Closes the client's connection. A mere FIN is a half-close to workerd until it writes, so it gets a reset. */
export const leave = ({ name }: Runtime, socket: Socket): void =>
  void (name === 'workerd' ? socket.resetAndDestroy() : socket.destroy());

/** One edge for all tests of a block. Its buckets are reset before each test. */
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
