import type { RuleSet } from '../cors/rule.ts';
import { toXml } from '../document/xml.ts';

/**
 * Names what is in force by its content: the first 16 hex digits of SHA-256 over the rule set's canonical XML. A
 * bucket that is missing has a version of its own, since it answers otherwise than one without rules.
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
