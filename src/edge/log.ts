import type { RulesStatus } from '../rules/record.ts';
import type { RuledBucket } from '../rules/ruled-bucket.ts';
import type { Observe, RequestEvent } from './observe.ts';

type Tell = (about: object, message: string) => void;

/**
 * Most characters of a value in a log line. Clients and buckets choose many of them; with this limit the line of a
 * request stays below the 4096 bytes that a pipe takes whole.
 */
export const VALUE_MOST = 512;

/** A text as it is, or its beginning and how long it is. */
export const cut = (text: string): string =>
  text.length > VALUE_MOST ? `${text.slice(0, VALUE_MOST)}… (${text.length} characters)` : text;

/** What a log line is about, with no text in it longer than it may be. Both platform adapters apply it to all lines. */
export function cutValues(about: object): Record<string, unknown> {
  const values = about as Record<string, unknown>;
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

/** Where log lines go, whatever writes them. */
export interface Log {
  readonly info: Tell;
  readonly warn: Tell;
  readonly error: Tell;
  readonly isLevelEnabled: (level: Level) => boolean;
}

type Level = 'info' | 'warn' | 'error';

/** One line per request; a failure of the edge or of a bucket is an error, an answer of 5xx a warning. */
export function requestLog(log: Log): Observe {
  const doubled = new Set<string>();
  return (event) => {
    const { bucket } = event;
    if (event.bucketHadCors && bucket !== null && !doubled.has(bucket)) {
      doubled.add(bucket);
      log.warn(
        { bucket },
        'the bucket sends CORS headers of its own; they are removed, and its rules decide',
      );
    }
    const level = levelOf(event);
    if (log.isLevelEnabled(level)) log[level](lineOf(event), 'request');
  };
}

function levelOf({ code, status }: RequestEvent): Level {
  if (code === 'InternalError' || code?.startsWith('Bucket')) return 'error';
  return (status ?? 0) >= 500 || code === 'ClientTooSlow' ? 'warn' : 'info';
}

const lineOf = (event: RequestEvent): RequestEvent => ({
  ...event,
  headMs: event.headMs === null ? null : round(event.headMs),
  totalMs: round(event.totalMs),
});

const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;

/** Says once when a bucket's rules change, fail to load, or recover. */
export function logRules(
  log: Log,
  { name, source }: RuledBucket,
  { state, lastGood, failure }: Pick<RulesStatus, 'state' | 'lastGood' | 'failure'>,
): void {
  const about = { bucket: name, source: source.name, state, version: lastGood?.version ?? null };
  if (failure !== null) {
    log.warn({ ...about, cause: failure.cause, cure: failure.cure }, 'rules could not be loaded');
    return;
  }
  for (const warning of lastGood?.warnings ?? []) log.warn({ ...about, ...warning }, 'rules: value skipped');
  log.info({ ...about, rules: lastGood?.ruleSet.rules.length ?? 0 }, 'rules loaded');
}
