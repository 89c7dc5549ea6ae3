/** What of Cloudflare's own objects the edge uses. */

/** A Worker's variables, secrets and bindings, by name. */
export type Env = Readonly<Record<string, unknown>>;

export interface Context {
  /** Extends the Worker's life until work that outlasts the response ends. */
  waitUntil(work: Promise<unknown>): void;
}

/** A KV namespace. What is written in one place is seen in another after up to 60 seconds. */
export interface Kv {
  get(key: string): Promise<string | null>;
  put(key: string, text: string): Promise<void>;
}

const RULES_KV = 'RULES_KV';

/** The namespace that the Worker is bound to; null where it has none. */
export function kvOf(env: Env): Kv | null {
  const bound = env[RULES_KV];
  return typeof bound === 'object' && bound !== null && 'get' in bound && 'put' in bound
    ? (bound as Kv)
    : null;
}
