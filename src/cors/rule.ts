/** The five methods a rule may list (semantics.md §1, AllowedMethod). */
export const METHODS = ['GET', 'PUT', 'DELETE', 'POST', 'HEAD'] as const;

export type Method = (typeof METHODS)[number];

export const isMethod = (value: string): value is Method => (METHODS as readonly string[]).includes(value);

/** One CORSRule. Values are trimmed and in the document's order. */
export interface Rule {
  /** S3 and compatible stores name rules; OSS does not. */
  readonly id?: string;
  /** At least one; each an opaque string with at most one `*`. */
  readonly allowedOrigins: readonly string[];
  /** At least one. */
  readonly allowedMethods: readonly Method[];
  /** Names of request headers, at most one `*` each; the comparison ignores case. */
  readonly allowedHeaders: readonly string[];
  /** Names of response headers, without `*`. */
  readonly exposeHeaders: readonly string[];
  /** Seconds; absent when the document sets none. */
  readonly maxAgeSeconds?: number;
}

/** The ordered rules of one bucket. A store calls an empty list "CORS is not enabled". */
export interface RuleSet {
  readonly rules: readonly Rule[];
  /** OSS only: `Vary: Origin` on every answer, independent of the rules. */
  readonly responseVary: boolean;
}

export const NO_RULES: RuleSet = { rules: [], responseVary: false };
