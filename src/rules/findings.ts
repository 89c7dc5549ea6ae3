import { checkRules } from '../analysis/check/check.ts';
import type { Domains } from '../analysis/check/domains.ts';
import type { PlaceOf } from '../analysis/check/finding.ts';
import type { Behaviour } from '../cors/behaviour.ts';
import type { RuleSet } from '../cors/rule.ts';
import type { Fault } from '../document/fault.ts';
import { within } from './within.ts';

/** Most findings about one version of a bucket's rules. A document of 64 KB can have thousands. */
const MAX_FINDINGS = 100;
/** Most findings that are logged for one version. */
const MAX_LOGGED = 20;
/** Milliseconds that a load waits for the public suffix list. */
const DOMAINS_TIMEOUT = 1_000;

/** Rules to examine, with what is known of their document. */
export interface Examined {
  readonly ruleSet: RuleSet;
  /** Absent: places are in the names of the XML document, numbered as in the rule set. */
  readonly placeOf?: PlaceOf;
  /** Length of the document. */
  readonly bytes?: number;
}

/**
 * What `check` finds in rules that are served: errors first, then warnings, and no notes. Never throws: rules that cannot
 * be checked are served like any others.
 */
export function findingsIn(
  { ruleSet, placeOf, bytes }: Examined,
  behaviour: Behaviour,
  domains?: Domains,
): readonly Fault[] {
  try {
    const found = checkRules(ruleSet, {
      behaviour,
      ...(placeOf !== undefined && { placeOf }),
      ...(domains !== undefined && { domains }),
      ...(bytes !== undefined && { bytes }),
    });
    return capped(worstFirst(found).map(withoutRule), placeOf);
  } catch (error) {
    const reason = `cannot be checked: ${error instanceof Error ? error.message : String(error)}`;
    return [{ severity: 'warning', place: rootOf(placeOf), reason, write: 'a report of this defect' }];
  }
}

/** Errors, then the others, without notes. */
const worstFirst = <F extends Fault>(faults: readonly F[]): readonly F[] => [
  ...faults.filter(({ severity }) => severity === 'error'),
  ...faults.filter(({ severity }) => severity !== 'error' && severity !== 'note'),
];

/** A bucket's findings stay in memory, so without the rewritten rules. */
const withoutRule = ({ code, severity, place, value, reason, write }: Fault): Fault => ({
  ...(code !== undefined && { code }),
  ...(severity !== undefined && { severity }),
  place,
  ...(value !== undefined && { value }),
  reason,
  write,
});

function capped(found: readonly Fault[], placeOf: PlaceOf | undefined): readonly Fault[] {
  if (found.length <= MAX_FINDINGS) return found;
  const listed = found.slice(0, MAX_FINDINGS);
  const reason = `has ${found.length - MAX_FINDINGS} more findings`;
  const write = 'bucket-cors check, which lists all';
  return [...listed, { severity: 'warning', place: rootOf(placeOf), reason, write }];
}

const rootOf = (placeOf: PlaceOf | undefined): string => placeOf?.(null) ?? 'CORSConfiguration';

/** Loads the public suffix list; null if the check of these rules does not ask it. Without rules, they are not known yet. */
export type LoadDomains = (rules?: RuleSet) => Promise<Domains> | null;

/** Finds what `check` says of a bucket's rules, with the public suffix list once it is loaded. */
export interface Examiner {
  /** Resolves when these rules can be examined: the list they need is loaded or given up, after a second at the latest. */
  ready(rules?: RuleSet): Promise<void>;
  examine(rules: Examined, behaviour: Behaviour): readonly Fault[];
}

/** Without `load`, and until it has loaded, the last label of a host counts as its public suffix. */
export function createExaminer(load: LoadDomains | undefined): Examiner {
  let domains: Domains | undefined;
  let loading: Promise<void> | undefined;

  async function taken(from: Promise<Domains>): Promise<void> {
    domains = await from;
  }

  return {
    async ready(rules) {
      const from = loading === undefined ? load?.(rules) : null;
      if (from) loading = within(DOMAINS_TIMEOUT, taken(from)).catch(() => {});
      await loading;
    },
    examine: (rules, behaviour) => findingsIn(rules, behaviour, domains),
  };
}

/** What a document's reader and the check found in rules that are in force, the worst first. */
export const warningsOf = (warnings: readonly Fault[], findings: readonly Fault[]): readonly Fault[] =>
  worstFirst([...warnings, ...findings]);

/** The findings to log, and how many there are beyond them. */
export const toLog = (
  found: readonly Fault[],
): { readonly logged: readonly Fault[]; readonly more: number } => ({
  logged: found.slice(0, MAX_LOGGED),
  more: Math.max(0, found.length - MAX_LOGGED),
});
