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
  return (await sha256(outcome === 'missing' ? 'NoSuchBucket' : toXml(ruleSet))).slice(0, 16);
}

/** SHA-256 of a text's UTF-8 bytes, in hex. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
