import type { RuleSet } from '../cors/rule.ts';
import { toXml } from '../document/xml.ts';

/**
 * The version of rules, from their content: the first 16 hex digits of SHA-256 over the canonical XML of the rule set.
 * A missing bucket has a different version than a bucket without rules, as it is answered differently.
 */
export async function versionOf(
  ruleSet: RuleSet,
  outcome: 'rules' | 'none' | 'missing' = 'rules',
): Promise<string> {
  const text = outcome === 'missing' ? 'NoSuchBucket' : toXml(ruleSet);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.slice(0, 16);
}
