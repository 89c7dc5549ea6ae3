import { readFileSync } from 'node:fs';
import type { Dialect } from '../../src/cors/dialect.ts';
import type { Method, Rule } from '../../src/cors/rule.ts';
import type { Rules } from './upstream.ts';

/** One captured answer of a real store (test/fixtures/vectors.json). */
export interface Vector {
  readonly id: string;
  readonly provider: Dialect;
  readonly rules: readonly VectorRule[] | null;
  readonly responseVary?: boolean;
  readonly bucketExists?: boolean;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
  };
  readonly expect: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly absent?: readonly string[];
    readonly varyIncludes?: readonly string[];
    readonly errorCode?: string;
    readonly errorMessage?: string;
    readonly errorXml?: Readonly<Record<string, string>>;
  };
}

interface VectorRule {
  readonly AllowedOrigin: readonly string[];
  readonly AllowedMethod: readonly Method[];
  readonly AllowedHeader?: readonly string[];
  readonly ExposeHeader?: readonly string[];
  readonly MaxAgeSeconds?: number;
}

const file = new URL('../fixtures/vectors.json', import.meta.url);

export const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: readonly Vector[] };

/** What the store of a vector says to `GET /?cors`. */
export function rulesOfVector({ rules, responseVary = false, bucketExists = true }: Vector): Rules {
  if (!bucketExists) return 'missing';
  if (rules === null && !responseVary) return 'none';
  return { rules: (rules ?? []).map(toRule), responseVary };
}

const toRule = (rule: VectorRule): Rule => ({
  allowedOrigins: rule.AllowedOrigin,
  allowedMethods: rule.AllowedMethod,
  allowedHeaders: rule.AllowedHeader ?? [],
  exposeHeaders: rule.ExposeHeader ?? [],
  ...(rule.MaxAgeSeconds !== undefined && { maxAgeSeconds: rule.MaxAgeSeconds }),
});
