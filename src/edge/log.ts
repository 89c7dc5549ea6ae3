import { NO_RULES } from '../cors/rule.ts';
import type { Fault } from '../document/fault.ts';
import { readDocument } from '../document/read.ts';
import { monotonic } from '../rules/clock.ts';
import { toLog, warningsOf } from '../rules/findings.ts';
import type { RulesStatus } from '../rules/record.ts';
import type { Register, RegisterEntry } from '../rules/register.ts';
import type { RuledBucket } from '../rules/ruled-bucket.ts';
import { versionOf } from '../rules/version.ts';
import type { Observe, RequestEvent } from './observe.ts';

type WriteLine = (fields: object, message: string) => void;

/**
 * Most characters of a value in a log line. Clients and buckets choose many of them; with this limit the line of a
 * request stays below the 4096 bytes that a pipe takes whole.
 */
export const VALUE_MOST = 512;

/** Returns a text, or the beginning of a long text with its length. */
export const cut = (text: string): string =>
  text.length > VALUE_MOST ? `${text.slice(0, VALUE_MOST)}… (${text.length} characters)` : text;

/** Shortens the long texts in the fields of a log line. Both platform adapters apply it to all lines. */
export function cutValues(fields: object): Record<string, unknown> {
  const values = fields as Record<string, unknown>;
  for (const name in values) if (isLong(values[name])) return cutEach(values);
  return values;
}

const isLong = (value: unknown): boolean =>
  typeof value === 'string' ? value.length > VALUE_MOST : Array.isArray(value) && value.some(isLong);

const cutEach = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, cutValue(value)]));

function cutValue(value: unknown): unknown {
  if (typeof value === 'string') return cut(value);
  return Array.isArray(value) ? value.map(cutValue) : value;
}

/** A logger, which a platform adapter provides. */
export interface Log {
  readonly info: WriteLine;
  readonly warn: WriteLine;
  readonly error: WriteLine;
  readonly isLevelEnabled: (level: Level) => boolean;
}

type Level = 'info' | 'warn' | 'error';

/** Logs one line per request. A failure of the edge or of a bucket has level error, another 5xx answer level warn. */
export function requestLog(log: Log): Observe {
  const doubled = new Set<string>();
  const refused = new Map<string, number>();
  return ({ label, refusedKey, ...event }) => {
    const { bucket } = event;
    if (refusedKey !== undefined && label !== null && isDue(refused, label))
      log.warn({ bucket, status: refusedKey }, REFUSED_KEY);
    if (event.bucketHadCors && label !== null && !doubled.has(label)) {
      doubled.add(label);
      log.warn({ bucket }, 'the bucket sends CORS headers; the edge removes them and decides by the rules');
    }
    const level = levelOf(event);
    if (log.isLevelEnabled(level)) log[level](lineOf(event), 'request');
  };
}

/** Milliseconds between two such lines of one bucket. */
const REFUSED_MS = 60_000;

const REFUSED_KEY =
  'the bucket refuses requests that the edge signs: check its key and token, what the key may read, the region, and the clock of this machine; ' +
  'a missing object is refused too if the key may not list the bucket';

function isDue(logged: Map<string, number>, label: string): boolean {
  const now = monotonic();
  if (now - (logged.get(label) ?? Number.NEGATIVE_INFINITY) < REFUSED_MS) return false;
  logged.set(label, now);
  return true;
}

type Line = Omit<RequestEvent, 'label' | 'refusedKey'>;
type Written = Omit<Line, 'why' | 'lacksCredentials' | 'client'>;

function levelOf({ code, status }: Line): Level {
  if (code === 'InternalError' || code?.startsWith('Bucket')) return 'error';
  return (status ?? 0) >= 500 || code === 'ClientTooSlow' ? 'warn' : 'info';
}

const lineOf = ({ why: _, lacksCredentials: __, client: ___, ...event }: Line): Written => ({
  ...event,
  headMs: event.headMs === null ? null : round(event.headMs),
  totalMs: round(event.totalMs),
});

const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;

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

/** The same register, which logs each write, done or failed: who wrote which rules. */
export const loggedRegister = (log: Log, register: Register): Register => ({
  ...register,
  async write(bucket, entry) {
    const about = { bucket, key: entry.writer };
    try {
      await register.write(bucket, entry);
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
