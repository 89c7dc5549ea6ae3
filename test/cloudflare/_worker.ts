import { readFileSync } from 'node:fs';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { inject } from 'vitest';

/** What wrangler.toml says of the runtime. */
const TOML = readFileSync(new URL('../../wrangler.toml', import.meta.url), 'utf8');
const [, compatibilityDate = ''] = /^compatibility_date = "(.+)"$/m.exec(TOML) ?? [];
const [, flags = ''] = /^compatibility_flags = \[(.*)\]$/m.exec(TOML) ?? [];
const compatibilityFlags = [...flags.matchAll(/"([^"]+)"/g)].map(([, flag = '']) => flag);

/** Stands before the Worker as Cloudflare does, as far as the edge can see: it says who asks, and over what. */
const PLATFORM = `
import worker from './index.js';
const own = [['CF-Connecting-IP', '127.0.0.1'], ['CF-Ray', '8c1'], ['CF-IPCountry', 'XX'], ['CF-Visitor', '{}'],
  ['True-Client-IP', '127.0.0.1'],  ['CDN-Loop', 'cloudflare; loops=1']];
export default {
  fetch(request, env, context) {
    const headers = new Headers(request.headers);
    for (const [name, value] of own) headers.append(name, value);
    Object.defineProperty(request, 'headers', { value: headers });
    return worker.fetch(request, env, context);
  },
  scheduled: (event, env, context) => worker.scheduled(event, env, context),
};
`;

export const TOKEN = 'the-token-of-the-tests';
/** The default path of admin. */
export const ADMIN = '/.well-known/bucket-cors';

/** One line of the Worker's log. */
export type Line = Readonly<Record<string, unknown>>;

export interface RunningWorker {
  /** The address of workerd itself: Miniflare's proxy in front of it compresses bodies again. */
  readonly url: string;
  readonly lines: readonly Line[];
  /** What it printed that is no line of its log, but for workerd's own notes to its makers. */
  readonly noise: readonly string[];
  readonly miniflare: Miniflare;
  close(): Promise<void>;
}

export interface WorkerOptions {
  /** Variables and secrets. */
  readonly env: Readonly<Record<string, string>>;
  /** Binds a KV namespace, as RULES_KV; with a folder it outlives the Worker. */
  readonly kv?: string | true;
}

/** Runs the built Worker in workerd. */
export async function runWorker({ env, kv }: WorkerOptions): Promise<RunningWorker> {
  const lines: Line[] = [];
  const noise: string[] = [];
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      stripCfConnectingIp: false,
      modules: [
        { type: 'ESModule', path: 'platform.js', contents: PLATFORM },
        { type: 'ESModule', path: 'index.js', contents: readFileSync(inject('worker'), 'utf8') },
      ],
      compatibilityDate,
      compatibilityFlags,
      bindings: { ...env },
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      ...(kv !== undefined && { kvNamespaces: ['RULES_KV'] }),
      ...(typeof kv === 'string' && { resourcePersistencePath: kv }),
      handleStructuredLogs: ({ message }) => {
        const line = lineIn(message);
        if (line === null && !message.startsWith('NOSENTRY')) noise.push(message);
        if (line !== null) lines.push(line);
      },
    }),
  );
  const url = await miniflare.unsafeGetDirectURL();
  return { url: url.origin, lines, noise, miniflare, close: () => miniflare.dispose() };
}

/** Asks the admin endpoints of a Worker that has the token; rejects where they don't answer well. */
export const adminOf =
  ({ url }: Pick<RunningWorker, 'url'>) =>
  async (path: string, method = 'GET'): Promise<unknown> => {
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const answered = await fetch(`${url}${ADMIN}${path}`, { method, headers });
    if (answered.status !== 200) throw new Error(`${path}: ${answered.status} ${await answered.text()}`);
    return answered.json();
  };

/** What the edge itself did wrong. */
export const errorsOf = ({ lines, noise }: RunningWorker): readonly unknown[] => [
  ...lines.filter(({ msg }) => msg === 'the edge failed on a request'),
  ...noise,
];

function lineIn(message: string): Line | null {
  try {
    const line: unknown = JSON.parse(message);
    return typeof line === 'object' && line !== null && 'msg' in line ? (line as Line) : null;
  } catch {
    return null;
  }
}
