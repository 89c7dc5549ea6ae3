import { type BucketCorsOptions, type OwnAppConfig, readOwnApp } from './config/middleware.ts';
import type { Behaviour } from './cors/behaviour.ts';
import { compileRules } from './cors/compile.ts';
import { type Fault, faultText } from './document/fault.ts';
import { type BeforeHandlers, inOwnApp, type OwnAppOptions } from './edge/middleware.ts';
import { createRulesCache } from './rules/cache.ts';
import { findingsIn, toLog, warningsOf } from './rules/findings.ts';
import type { RuledBucket } from './rules/ruled-bucket.ts';
import type { Source } from './rules/source.ts';

/**
 * Returns the edge as middleware for a Hono app that serves the bucket itself. It answers every OPTIONS request on its
 * paths by the rules, and replaces the CORS headers of every response of the handlers after it: objects, 304s, redirects,
 * errors. Register it before all other middleware that sets these headers. Throws an Error that lists all faults when an
 * option is invalid.
 *
 * @example
 * app.use('/files/*', bucketCors({ rules, store: 's3' }));
 * app.get('/files/*', serveFile);
 */
export function bucketCors(options: BucketCorsOptions): BeforeHandlers {
  const config = readOwnApp(options);
  const { store, vary, dangerouslyAllowCredentials, debugReason } = config;
  const behaviour = { dialect: store, vary, dangerouslyAllowCredentials };
  return inOwnApp({ current: currentOf(config, behaviour), debugReason });
}

function currentOf(config: OwnAppConfig, behaviour: Behaviour): OwnAppOptions['current'] {
  const { rules, warn } = config;
  if ('load' in rules) return currentFrom(rules, config, behaviour);
  warnOf(warningsOf(rules.warnings, findingsIn(rules, behaviour)), 'bucketCors:', warn);
  const inForce = { rules: compileRules(rules.ruleSet, behaviour), version: null };
  return () => inForce;
}

/** Loads the rules from their source, and revalidates them after `rulesTtl`. */
function currentFrom(
  source: Source,
  { rulesTtl, maxStale, warn }: OwnAppConfig,
  behaviour: Behaviour,
): OwnAppOptions['current'] {
  const cache = createRulesCache({
    ttl: rulesTtl,
    maxStale,
    onChange: (_, { lastGood, findings, failure }, isNew) => {
      if (failure !== null) warn(`bucketCors: ${failure.cause}. ${failure.cure}`);
      if (isNew) warnOf(warningsOf(lastGood?.warnings ?? [], findings), `bucketCors: ${source.name}:`, warn);
    },
  });
  const bucket: RuledBucket = { name: source.name, source, behaviour };
  return (background) => cache.current(bucket, background);
}

/** One line for each of the worst findings in rules, and one that counts the rest. */
function warnOf(found: readonly Fault[], about: string, warn: OwnAppConfig['warn']): void {
  const { logged, more } = toLog(found);
  for (const finding of logged)
    warn(`${about} ${finding.code === undefined ? '' : `${finding.code} `}${faultText(finding)}`);
  if (more > 0) warn(`${about} ${more} more findings; bucket-cors check lists them`);
}
