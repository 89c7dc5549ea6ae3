import type { Kind } from './finding.ts';
import { ACTUAL } from './findings/actual.ts';
import { CACHES } from './findings/caches.ts';
import { CONNECTION } from './findings/connection.ts';
import { EXPOSURE } from './findings/exposure.ts';
import { OTHERS } from './findings/others.ts';
import { PREFLIGHTS } from './findings/preflights.ts';
import { REFUSALS } from './findings/refusals.ts';
import { RULES } from './findings/rules.ts';

/** Every kind of finding, by its code, in the order of a report (docs/doctor.md). */
export const KINDS = {
  ...CONNECTION,
  ...REFUSALS,
  ...PREFLIGHTS,
  ...ACTUAL,
  ...CACHES,
  ...OTHERS,
  ...EXPOSURE,
  ...RULES,
} as const satisfies Readonly<Record<string, Kind>>;

export type FindingCode = keyof typeof KINDS;

export const FINDING_CODES = Object.keys(KINDS) as readonly FindingCode[];
