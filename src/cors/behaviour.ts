import { OSS } from './oss.ts';
import { S3 } from './s3.ts';
import type { Traits } from './traits.ts';

/** A family of stores that answer CORS requests alike. */
export type Dialect = 'oss' | 's3';

/** The differences between dialects. To add a dialect, add its name above and a row here. */
export const DIALECTS: Readonly<Record<Dialect, Traits>> = { oss: OSS, s3: S3 };

export const DIALECT_NAMES = Object.keys(DIALECTS) as readonly Dialect[];

/** The dialect of a bucket without a configured one, and of answers that concern no bucket. */
export const DEFAULT_DIALECT: Dialect = 'oss';

/** `safe` (the default): correct behind every shared cache. `store`: what the store itself sends (semantics.md §4). */
export type VaryMode = 'safe' | 'store';

export interface Behaviour {
  readonly dialect: Dialect;
  readonly vary: VaryMode;
  /** `oss` only: send Allow-Credentials to an origin that a rule names without `*` (semantics.md §3). */
  readonly dangerouslyAllowCredentials: boolean;
}

export const traitsOf = ({ dialect }: Behaviour): Traits => DIALECTS[dialect];
