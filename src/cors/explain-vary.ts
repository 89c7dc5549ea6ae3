import type { VaryReason } from './answer.ts';
import type { CompiledRules } from './compile.ts';
import type { Decision } from './decide.ts';

/** Returns the reason of an answer's Vary as a sentence (semantics.md §4). */
export function becauseOfVary(rules: CompiledRules, decision: Decision, reason: VaryReason): string {
  const { method } = decision;
  switch (reason) {
    case 'rules_unavailable':
      return 'The rules are unknown, so the answer may differ for the next request.';
    case 'store':
      return `vary is store: the edge sends the Vary that ${rules.behaviour.dialect.toUpperCase()} itself sends.`;
    case 'preflight':
      return 'The answer to a preflight depends on these request headers.';
    case 'origins_differ':
      return `Origins are answered differently for ${method}: ${firstListing(rules, method)}.`;
    case 'response_vary':
      return `ResponseVary is true, although ${sameAnswer(rules, method)}.`;
    case 'same_for_every_origin':
      return `No Vary is needed: ${sameAnswer(rules, method)}.`;
  }
}

/** A method whose first rule lists `*` has the same answer for every origin, so this rule lists others. */
function firstListing({ rules }: CompiledRules, method: string): string {
  const first = rules.find(({ methods }) => methods.has(method));
  return `rule ${first?.number} is the first with ${method}, and it does not list the origin *`;
}

function sameAnswer({ constants, rules }: CompiledRules, method: string): string {
  const constant = constants.get(method) ?? null;
  if (constant !== null && constant !== 'depends')
    return `every origin gets rule ${constant.number} for ${method}`;
  return rules.length === 0 ? 'there are no rules' : `no origin gets CORS headers for ${method}`;
}
