/**
 * The reasons of decisions: a closed set, printed by explain, logs, metrics, the debug header and error XML
 * (docs/architecture.md, Words).
 */
export const REASONS = [
  'matched',
  'not_cors',
  'no_rules',
  'origin_not_allowed',
  'method_not_allowed',
  'header_not_allowed',
  'method_missing',
  'origin_missing',
  'rules_unavailable',
] as const;

export type Reason = (typeof REASONS)[number];
