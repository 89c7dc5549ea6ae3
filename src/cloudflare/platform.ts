/** The parts of Cloudflare's API that the edge uses. */

/** A Worker's variables, secrets and bindings, by name. */
export type Env = Readonly<Record<string, unknown>>;

export interface Context {
  /** Extends the Worker's life until work that outlasts the response ends. */
  waitUntil(work: Promise<unknown>): void;
}

/** A KV namespace. Other locations see a write after up to 60 seconds. */
export interface Kv {
  get(key: string): Promise<string | null>;
  put(key: string, text: string): Promise<void>;
}

const RULES_KV = 'RULES_KV';

/** The bound namespace; null without a binding. */
export function kvOf(env: Env): Kv | null {
  const bound = env[RULES_KV];
  return typeof bound === 'object' && bound !== null && 'get' in bound && 'put' in bound
    ? (bound as Kv)
    : null;
}
