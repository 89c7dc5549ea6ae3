import { Agent, type Dispatcher, request } from 'undici';
import type { BucketPlace } from '../../src/config/bucket-url.ts';
import { onlyBucket } from '../../src/config/file.ts';
import { type Config, type GivenOptions, readConfig } from '../../src/config/read.ts';
import { type Running, start } from '../../src/node/start.ts';
import type { RuledBucket } from '../../src/rules/ruled-bucket.ts';
import { TRANSPORT } from '../helpers/transport.ts';

/** A configuration with free ports and these options, given as text. */
export function optionsOf(options: Readonly<Record<string, string>>): Config {
  const texts = { port: '0', adminPort: '0', transport: TRANSPORT, ...options };
  const given = Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, { place: name, text }]),
  ) as GivenOptions;
  const read = readConfig(given);
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.value;
}

/** The same, for options with a bucket. */
export function configOf(
  options: Readonly<Record<string, string>>,
): Config & { readonly bucket: BucketPlace } {
  const config = optionsOf(options);
  if (config.bucket === null) throw new Error('no bucket');
  return { ...config, bucket: config.bucket };
}

export interface Logged {
  readonly [key: string]: unknown;
  readonly level: string;
  readonly msg: string;
}

export interface Started extends Running {
  /** The only bucket. */
  readonly bucket: RuledBucket;
  /** Log lines so far: as text, and parsed by `logged`. */
  readonly text: string[];
  logged(): Logged[];
  /** Sends a request to the edge, or to a full URL, and reads the whole response. */
  call(target: string, options?: CallOptions): Promise<Answered>;
  /** Sends a request to the admin port. */
  admin(path: string, method?: string): Promise<Answered & { json: Record<string, unknown> }>;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Sends one request on a new connection. */
export async function call(
  url: string,
  { method = 'GET', headers = {}, body }: CallOptions = {},
): Promise<Answered> {
  const agent = new Agent({ pipelining: 0 });
  try {
    const answered = await request(url, {
      method: method as Dispatcher.HttpMethod,
      headers,
      body: body ?? null,
      dispatcher: agent,
    });
    return { status: answered.statusCode, headers: answered.headers, text: await answered.body.text() };
  } finally {
    await agent.destroy();
  }
}

/** Starts an edge in this process with only these variables, and records its log. */
export async function startEdge(
  config: Config,
  env: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const text: string[] = [];
  const log = { write: (line: string) => void text.push(line) };
  const running = await start(config, [onlyBucket(config)], { log, env });
  const [bucket] = running.buckets();
  if (bucket === undefined) throw new Error('no bucket');
  return {
    ...running,
    bucket,
    text,
    logged: () => text.map((line) => JSON.parse(line)),
    call: (target, options) => call(new URL(target, running.url).href, options),
    admin: async (path, method = 'GET') => {
      const answered = await call(running.adminUrl + path, { method });
      const isJson = String(answered.headers['content-type']).startsWith('application/json');
      return { ...answered, json: isJson ? JSON.parse(answered.text) : {} };
    },
  };
}
