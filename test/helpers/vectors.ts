import { existsSync, readFileSync } from 'node:fs';
import type { Dialect } from '../../src/cors/behaviour.ts';
import type { Method, Rule, RuleSet } from '../../src/cors/rule.ts';
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

/** The original beside the project on a developer's machine. The project's copy must equal it byte for byte. */
export const SHARED = new URL('../../../shared/vectors.json', import.meta.url);
export const OWN = new URL('../fixtures/vectors.json', import.meta.url);

export const { vectors } = JSON.parse(readFileSync(existsSync(SHARED) ? SHARED : OWN, 'utf8')) as {
  vectors: readonly Vector[];
};

/** The answer of a vector's store to `GET /?cors`. */
export function rulesOfVector(vector: Vector): Rules {
  if (vector.bucketExists === false) return 'missing';
  return vector.rules === null && !vector.responseVary ? 'none' : ruleSetOf(vector);
}

export const ruleSetOf = ({ rules, responseVary = false }: Vector): RuleSet => ({
  rules: (rules ?? []).map(toRule),
  responseVary,
});

const toRule = (rule: VectorRule): Rule => ({
  allowedOrigins: rule.AllowedOrigin,
  allowedMethods: rule.AllowedMethod,
  allowedHeaders: rule.AllowedHeader ?? [],
  exposeHeaders: rule.ExposeHeader ?? [],
  ...(rule.MaxAgeSeconds !== undefined && { maxAgeSeconds: rule.MaxAgeSeconds }),
});
