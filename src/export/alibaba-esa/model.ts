import type { HeaderPairs } from '../../analysis/browser/check.ts';
import type { Facts } from '../../cors/decide.ts';
import { evaluate } from './expression.ts';
import type { HeaderChange, HeaderRule } from './rules.ts';

/**
 * What the documentation says that header rules make of an answer with these headers: the rules apply in their order, and
 * each replaces what the one before wrote
 * (https://help.aliyun.com/en/edge-security-acceleration/esa/user-guide/modify-outgoing-response-header).
 */
export const headersFrom = (rules: readonly HeaderRule[], request: Facts, own: HeaderPairs): HeaderPairs =>
  [...rules]
    .sort((one, other) => one.Sequence - other.Sequence)
    .filter(({ RuleEnable, Rule }) => RuleEnable === 'on' && evaluate(Rule, request) !== false)
    .flatMap(({ ResponseHeaderModification }) => ResponseHeaderModification)
    .reduce(changed, own);

function changed(headers: HeaderPairs, { Name, Operation, Value = '' }: HeaderChange): HeaderPairs {
  const others = headers.filter(([name]) => name.toLowerCase() !== Name.toLowerCase());
  if (Operation === 'del') return others;
  if (Operation === 'modify' && others.length === headers.length) return headers;
  return [...others, [Name, Value]];
}
