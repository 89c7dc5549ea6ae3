import { environmentNames } from '../bucket/sign/environment.ts';
import type { BucketConfig } from '../config/file.ts';
import { OPTIONS } from '../config/options.ts';
import { longName, type Variables } from '../config/variables.ts';
import { DIALECT_NAMES } from '../cors/behaviour.ts';
import type { Fault } from '../document/fault.ts';
import { KV_BINDING } from '../rules/sources/kv.ts';
import { ownVariables, WORKER_OPTIONS } from './options.ts';
import { type Env, kvOf } from './platform.ts';

/** Variables that can be tables in wrangler.toml; they then arrive as objects. */
const DOCUMENTS = ['BUCKET_CORS_CONFIG', 'BUCKET_CORS_RULES', 'CORS_RULES'];
const KNOWN = [
  ...Object.values(OPTIONS).flatMap(({ flag, variable }) => [longName(flag), variable]),
  ...Object.values(WORKER_OPTIONS).map(({ variable }) => variable),
  ...ownVariables,
];
/** Variables of keys; they can have a prefix. */
const KEYS = DIALECT_NAMES.flatMap((store) => Object.values(environmentNames(store)));

/** The variables with a text. Numbers and booleans of wrangler.toml have one, bindings have none. */
export function variablesOf(env: Env): Variables {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (typeof value === 'string') variables[name] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') variables[name] = String(value);
    else if (isTextless(value) && DOCUMENTS.includes(name)) variables[name] = JSON.stringify(value);
  }
  return variables;
}

/** True for a table, a list, and a binding such as a namespace or a secret of the Secrets Store. */
export const isTextless = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** Faults for known names whose value has no text: it would have no effect. */
export function textless(env: Env): Fault[] {
  const names = Object.keys(env).filter((name) => isTextless(env[name]) && isKnown(name));
  const faults = names.map(noText);
  const { RULES_KV } = env;
  if (RULES_KV === undefined || RULES_KV === null || kvOf(env) !== null) return faults;
  const reason = 'is not a KV namespace';
  return [...faults, { place: 'RULES_KV', reason, write: KV_BINDING }];
}

/** The same for tokens, which have names of the operator's choice. */
export const textlessTokens = (env: Env, buckets: readonly Pick<BucketConfig, 'rulesToken'>[]): Fault[] =>
  buckets.flatMap(({ rulesToken }) =>
    rulesToken?.kind === 'environment' && isTextless(env[rulesToken.name]) ? [noText(rulesToken.name)] : [],
  );

const isKnown = (name: string): boolean =>
  (KNOWN.includes(name) && !DOCUMENTS.includes(name)) ||
  KEYS.some((key) => name === key || name.endsWith(`_${key}`));

const noText = (name: string): Fault => ({
  place: name,
  reason: 'is a table or a binding, not a text',
  write: `text under [vars], or a secret: npx wrangler secret put ${name}`,
});
