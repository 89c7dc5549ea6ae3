import { environmentNames } from '../bucket/sign/environment.ts';
import type { BucketConfig } from '../config/file.ts';
import { OPTIONS } from '../config/options.ts';
import { longName, type Variables } from '../config/variables.ts';
import { DIALECT_NAMES } from '../cors/behaviour.ts';
import type { Fault } from '../document/fault.ts';
import { ownVariables, WORKER_OPTIONS } from './options.ts';
import { type Env, kvOf } from './platform.ts';

/** Variables that may be JSON in wrangler.toml; they arrive as objects then. */
const DOCUMENTS = ['BUCKET_CORS_CONFIG', 'BUCKET_CORS_RULES', 'CORS_RULES'];
const KNOWN = [
  ...Object.values(OPTIONS).flatMap(({ flag, variable }) => [longName(flag), variable]),
  ...Object.values(WORKER_OPTIONS).map(({ variable }) => variable),
  ...ownVariables,
];
/** A prefix may stand before them. */
const KEYS = DIALECT_NAMES.flatMap((store) => Object.values(environmentNames(store)));

/** A binding has no text; what wrangler.toml gives as a number or a boolean has. */
export function variablesOf(env: Env): Variables {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (typeof value === 'string') variables[name] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') variables[name] = String(value);
    else if (isTextless(value) && DOCUMENTS.includes(name)) variables[name] = JSON.stringify(value);
  }
  return variables;
}

/** A table, a list, or a binding: a namespace, or a secret of the Secrets Store. */
export const isTextless = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** What has a name that is known here and no text: it would be dropped in silence. */
export function textless(env: Env): Fault[] {
  const names = Object.keys(env).filter((name) => isTextless(env[name]) && isKnown(name));
  const faults = names.map(noText);
  const { RULES_KV } = env;
  if (RULES_KV === undefined || RULES_KV === null || kvOf(env) !== null) return faults;
  const reason = 'is no KV namespace';
  return [...faults, { place: 'RULES_KV', reason, write: '[[kv_namespaces]] in wrangler.toml' }];
}

/** Tokens may be under any name. */
export const textlessTokens = (env: Env, buckets: readonly BucketConfig[]): Fault[] =>
  buckets.flatMap(({ rulesToken }) =>
    rulesToken?.kind === 'environment' && isTextless(env[rulesToken.name]) ? [noText(rulesToken.name)] : [],
  );

const isKnown = (name: string): boolean =>
  (KNOWN.includes(name) && !DOCUMENTS.includes(name)) ||
  KEYS.some((key) => name === key || name.endsWith(`_${key}`));

const noText = (name: string): Fault => ({
  place: name,
  reason: 'is a table or a binding, and no text',
  write: `text under [vars], or a secret: npx wrangler secret put ${name}`,
});
