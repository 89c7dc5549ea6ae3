import { traitsOf } from './behaviour.ts';
import type { CompiledRules } from './compile.ts';
import type { Decision } from './decide.ts';
import { namesExactly } from './pattern.ts';

/**
 * Says why a page loses the answer to a request with cookies although a rule matches, and what to write instead: the
 * answer has no Access-Control-Allow-Credentials (semantics.md §3). In one sentence.
 */
export const becauseOfCredentials = (rules: CompiledRules, decision: Decision): string =>
  `The request has cookies, but its answer has no Access-Control-Allow-Credentials, so a page that sends ` +
  `credentials may not read it: ${whyWithout(rules, decision)}.`;

/** The same for a page that is known to send credentials: the cause and what to write, as a sentence of its own. */
export function cureOfCredentials(rules: CompiledRules, decision: Decision): string {
  const why = whyWithout(rules, decision);
  return `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
}

function whyWithout({ behaviour }: CompiledRules, { rule, origin }: Decision): string {
  if (rule === null || origin === null || origin === 'null') return 'no store sends it for the origin null';
  const { dialect, dangerouslyAllowCredentials } = behaviour;
  const grants = traitsOf(behaviour).allowsCredentials || dangerouslyAllowCredentials;
  const turnOn = 'start the edge with --dangerously-allow-credentials true';
  if (rule.origins.any) {
    const name = `list ${origin} in a rule before it`;
    return `rule ${rule.number} lists *, which allows no credentials; ${grants ? name : `${name}, and ${turnOn}`}`;
  }
  const name = `list ${origin} itself in rule ${rule.number}`;
  if (grants) return `rule ${rule.number} matches the origin by an entry with *; ${name}`;
  const isNamed = namesExactly(rule.origins, origin);
  return `store ${dialect} never sends it; ${isNamed ? turnOn : `${turnOn}, and ${name}`}`;
}
