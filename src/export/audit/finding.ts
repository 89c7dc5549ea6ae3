import type { ChangedOrigin } from '../../analysis/change.ts';

/** `wider`: the deployed configuration lets pages do or read more than the bucket's rules. `other`: neither, or both. */
export type Direction = 'wider' | 'narrower' | 'other';

/** What the deployed configuration and the bucket's rules answer differently. */
export type Audited =
  /** One of the two allows the method, and scripts read the answer. */
  | { readonly kind: 'method' }
  /** A preflight of one of the two lets browsers send the method, although scripts can read no answer. */
  | { readonly kind: 'sent' }
  /** Request headers; `together`: each alone is decided alike. Patterns have a `*`. */
  | { readonly kind: 'headers'; readonly names: readonly string[]; readonly together: boolean }
  /** Response headers that scripts may read; `*` for all. */
  | { readonly kind: 'exposed'; readonly names: readonly string[] }
  /** Requests with cookies. */
  | { readonly kind: 'credentials' }
  /** A header of the answers to preflights or to requests that grants nothing more; null: it is absent. */
  | {
      readonly kind: 'answer';
      readonly request: 'preflight' | 'actual';
      readonly name: string;
      readonly bucket: string | null;
      readonly deployed: string | null;
    }
  /** The cache answers with a copy of the bucket's answer to another origin. */
  | { readonly kind: 'cached' }
  /** `Vary: Origin` is in the answers of one of the two only. */
  | { readonly kind: 'vary'; readonly deployed: boolean };

/** A difference that several origins and methods have in common. */
export interface AuditFinding {
  readonly direction: Direction;
  readonly audited: Audited;
  /** Witnesses: an origin for each class of origins that is concerned; empty if none is special. */
  readonly origins: readonly ChangedOrigin[];
  readonly methods: readonly string[];
}

export interface Audit {
  /** The wider ones first. */
  readonly findings: readonly AuditFinding[];
  /** False if there are too many classes or rules to compare all requests: there may be more findings. */
  readonly complete: boolean;
}

const DIRECTIONS: readonly Direction[] = ['wider', 'narrower', 'other'];
const KINDS: readonly Audited['kind'][] = [
  'method',
  'sent',
  'headers',
  'exposed',
  'credentials',
  'cached',
  'answer',
  'vary',
];

/** What lets pages do more first, then by what it is. */
export function sortedFindings(findings: readonly AuditFinding[]): readonly AuditFinding[] {
  const rank = ({ direction, audited }: AuditFinding) =>
    DIRECTIONS.indexOf(direction) * KINDS.length + KINDS.indexOf(audited.kind);
  return [...findings].sort((one, other) => rank(one) - rank(other));
}
