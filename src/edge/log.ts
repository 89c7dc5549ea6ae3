import { NO_RULES } from '../cors/rule.ts';
import type { Fault } from '../document/fault.ts';
import { readDocument } from '../document/read.ts';
import { toLog, warningsOf } from '../rules/findings.ts';
import type { RulesStatus } from '../rules/record.ts';
import type { Register, RegisterEntry } from '../rules/register.ts';
import type { RuledBucket } from '../rules/ruled-bucket.ts';
import { versionOf } from '../rules/version.ts';
import type { Level } from './log/line.ts';

type WriteLine = (fields: object, message: string) => void;

/** A logger, which a platform adapter provides. */
export interface Log {
  readonly info: WriteLine;
  readonly warn: WriteLine;
  readonly error: WriteLine;
  readonly isLevelEnabled: (level: Level) => boolean;
}

/**
 * Logs that a bucket's rules changed, failed to load, or recovered. `isNew`: also what was found in them, one line each,
 * the worst first.
 */
export function logRules(
  log: Log,
  { name, source }: RuledBucket,
  { state, lastGood, findings, failure }: Pick<RulesStatus, 'state' | 'lastGood' | 'findings' | 'failure'>,
  isNew: boolean,
): void {
  const about = { bucket: name, source: source.name, state, version: lastGood?.version ?? null };
  if (isNew) logFindings(log, about, warningsOf(lastGood?.warnings ?? [], findings));
  if (failure !== null) {
    log.warn({ ...about, cause: failure.cause, cure: failure.cure }, 'rules could not be loaded');
    return;
  }
  log.info({ ...about, rules: lastGood?.ruleSet.rules.length ?? 0 }, 'rules loaded');
}

/**
 * The same register, which logs each write, done or failed: who wrote which rules. `nameOf` returns the name of the bucket
 * with a key in the register.
 */
export const loggedRegister = (
  log: Log,
  register: Register,
  nameOf: (key: string) => Promise<string>,
): Register => ({
  ...register,
  async write(key, entry) {
    const about = { bucket: await nameOf(key), key: entry.writer };
    try {
      await register.write(key, entry);
    } catch (error) {
      log.error({ ...about, cause: messageOf(error) }, 'rules could not be stored');
      throw error;
    }
    log.info({ ...about, ...(await contentOf(entry)) }, 'rules written');
  },
});

/** The number of rules, `deleted` without a document, and their version. */
async function contentOf({ document }: RegisterEntry): Promise<object> {
  if (document === null) return { rules: 'deleted', version: await versionOf(NO_RULES, 'none') };
  const read = readDocument(document, 'strict');
  return read.ok ? { rules: read.ruleSet.rules.length, version: await versionOf(read.ruleSet) } : {};
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function logFindings(log: Log, about: object, found: readonly Fault[]): void {
  const { logged, more } = toLog(found);
  for (const finding of logged) log.warn({ ...about, ...finding }, 'rules: finding');
  if (more > 0) log.warn({ ...about, more }, 'rules: more findings; see /rules');
}
