import type { RuleSet } from '../cors/rule.ts';
import { toXml } from '../document/xml.ts';

/** Names a rule set by its content: the first 16 hex digits of SHA-256 over its canonical XML. */
export async function versionOf(ruleSet: RuleSet): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(toXml(ruleSet)));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.slice(0, 16);
}
