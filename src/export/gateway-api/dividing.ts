import type { Behaviour } from '../../cors/behaviour.ts';
import { type CompiledRules, compileRules } from '../../cors/compile.ts';
import { METHODS, type RuleSet } from '../../cors/rule.ts';
import type { CorsRoute } from './filter.ts';
import { partsOf } from './origin.ts';

export const BEHAVIOUR: Behaviour = { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false };

/**
 * Rules whose entries divide origins and header names into the classes that filters distinguish. Each lists the methods of
 * its filter alone, so that no filter for another method stands before it.
 */
export const dividingRules = (routes: readonly CorsRoute[]): RuleSet => ({
  rules: routes.map(({ methods, cors }) => ({
    allowedOrigins: [
      ...new Set(cors.allowOrigins.flatMap((entry) => [oneStar(entry), ...normalized(entry)])),
    ],
    allowedMethods: METHODS.filter((method) => methods === null || methods.includes(method)),
    allowedHeaders: cors.allowHeaders,
    exposeHeaders: cors.exposeHeaders,
  })),
  responseVary: false,
});

export const dividing = (routes: readonly CorsRoute[]): CompiledRules =>
  compileRules(dividingRules(routes), BEHAVIOUR);

/** An entry of AllowedOrigin has one `*`. */
const oneStar = (entry: string): string => entry.replace(/\*.*\*/, '*');

/** The entry in lower case and without a default port, as browsers send origins. */
function normalized(entry: string): readonly string[] {
  const parts = partsOf(entry);
  if (parts === null) return [];
  const { scheme, host, port } = parts;
  const isDefault = port === '' || (scheme === 'http' ? port === '80' : scheme === 'https' && port === '443');
  return [oneStar(`${scheme}://${host}${isDefault ? '' : `:${port}`}`)];
}
