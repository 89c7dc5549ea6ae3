import { withoutSecrets } from '../../config/secrets.ts';
import type { Fault, Result } from '../../document/fault.ts';
import type { Target } from '../../export/target.ts';
import type { Arguments } from '../command.ts';
import { meantBy } from '../report.ts';

/** The target whose configuration is a rules document. */
export const AUDITED_RULES = 'rules';

/** What a command line audits. */
export interface AuditLine {
  /** Null: another bucket's rules. */
  readonly target: Target | null;
  /** A path, `-` or a URL; for rules any source. */
  readonly file: string;
}

/** Reads the words of `audit`; every fault, or both. */
export function readLine(args: Arguments, targets: readonly Target[]): Result<AuditLine> {
  const [word = '', file = ''] = args.words;
  const target = targets.find(({ name }) => name === word);
  const faults: Fault[] = [];
  if (target === undefined && word !== AUDITED_RULES) {
    const names = [...targets.map(({ name }) => name), AUDITED_RULES];
    const value = withoutSecrets(word);
    const swapped = names.includes(file) ? `audit ${file} ${value ?? 'FILE'}` : null;
    const write = swapped ?? meantBy(word, names) ?? names.join(', ');
    faults.push({ place: 'TARGET', ...(value !== null && { value }), reason: 'is not a target', write });
  }
  if (file === '')
    faults.push({ place: 'FILE', reason: 'is empty', write: 'a path, - for standard input, or a URL' });
  if (file === '-' && args.value('rules') === '-')
    faults.push({
      place: '--rules',
      value: '-',
      reason: 'is standard input a second time, which can be read once',
      write: 'a file in its place',
    });
  if (faults.length > 0) return { ok: false, faults };
  return { ok: true, value: { target: target ?? null, file } };
}
