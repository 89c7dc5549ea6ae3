/** The five methods a rule may list (semantics.md §1, AllowedMethod). */
export const METHODS = ['GET', 'PUT', 'DELETE', 'POST', 'HEAD'] as const;

export type Method = (typeof METHODS)[number];

export const isMethod = (value: string): value is Method => (METHODS as readonly string[]).includes(value);

/** One CORSRule, its values trimmed, in the order of the document. */
export interface Rule {
  /** S3 and its relatives name their rules; OSS does not. */
  readonly id?: string;
  /** At least one; each an opaque string with at most one `*`. */
  readonly allowedOrigins: readonly string[];
  /** At least one. */
  readonly allowedMethods: readonly Method[];
  /** Names of request headers, at most one `*` each; compared ignoring case. */
  readonly allowedHeaders: readonly string[];
  /** Names of response headers, without `*`. */
  readonly exposeHeaders: readonly string[];
  /** Seconds; absent when the document sets none. */
  readonly maxAgeSeconds?: number;
}

/** The ordered rules of one bucket. No rule at all is what a store calls "CORS is not enabled". */
export interface RuleSet {
  readonly rules: readonly Rule[];
  /** OSS only: ask for `Vary: Origin` on every answer, whatever the rules say. */
  readonly responseVary: boolean;
}

export const NO_RULES: RuleSet = { rules: [], responseVary: false };
