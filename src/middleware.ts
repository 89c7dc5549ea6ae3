import { type BucketCorsOptions, type OwnAppConfig, readOwnApp } from './config/middleware.ts';
import type { Behaviour } from './cors/behaviour.ts';
import { compileRules } from './cors/compile.ts';
import { faultLine } from './document/fault.ts';
import { type BeforeHandlers, inOwnApp, type OwnAppOptions } from './edge/middleware.ts';
import { createRulesCache } from './rules/cache.ts';
import type { RuledBucket } from './rules/ruled-bucket.ts';
import type { Source } from './rules/source.ts';

/**
 * The edge inside a Hono app that serves the bucket itself: `app.use('/files/*', bucketCors({ rules, store: 's3' }))`.
 * It answers every OPTIONS request on its paths by the rules, and writes the one right set of CORS headers, as the edge
 * does, on whatever the handlers after it gave: objects, 304s, redirects, errors. It must come before all that touch
 * those headers. Throws an Error with all faults when an option is wrong.
 */
export function bucketCors(options: BucketCorsOptions): BeforeHandlers {
  const config = readOwnApp(options);
  const { store, vary, dangerouslyAllowCredentials, debugReason } = config;
  const behaviour = { dialect: store, vary, dangerouslyAllowCredentials };
  return inOwnApp({ current: currentOf(config, behaviour), debugReason });
}

function currentOf(config: OwnAppConfig, behaviour: Behaviour): OwnAppOptions['current'] {
  const { rules, warn } = config;
  if ('load' in rules) return keptFresh(rules, config, behaviour);
  if (rules.warnings.length > 0) warn(`bucketCors: ${faultLine(rules.warnings)}`);
  const inForce = { rules: compileRules(rules.ruleSet, behaviour), version: null };
  return () => inForce;
}

function keptFresh(
  source: Source,
  { rulesTtl, maxStale, warn }: OwnAppConfig,
  behaviour: Behaviour,
): OwnAppOptions['current'] {
  const cache = createRulesCache({
    ttl: rulesTtl,
    maxStale,
    onChange: (_, { lastGood, failure }) => {
      if (failure !== null) warn(`bucketCors: ${failure.cause}. ${failure.cure}`);
      else if (lastGood !== null && lastGood.warnings.length > 0) {
        warn(`bucketCors: ${source.name}: ${faultLine(lastGood.warnings)}`);
      }
    },
  });
  const bucket: RuledBucket = { name: source.name, source, behaviour };
  return (background) => cache.current(bucket, background);
}
