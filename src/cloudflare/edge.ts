import type { Exchange } from '../bucket/transport.ts';
import { now } from './clock.ts';
import { isFromKv } from './config.ts';
import { createLog } from './log.ts';
import { type OpenedEdge, openEdge, type Unopened } from './open.ts';
import type { Env } from './platform.ts';

interface Held {
  opened: OpenedEdge | Unopened | null;
  opening: Promise<OpenedEdge | Unopened> | null;
  /** When to look again. */
  due: number;
  /** The faults that the log has already. */
  told: string;
}

/** Milliseconds between two looks at a configuration in KV, which itself is up to a minute behind. */
const LOOK = 60_000;
const LOOK_AFTER_FAULT = 5_000;

const FAILED: Unopened = { lines: ['the configuration could not be opened; it is tried again'] };

const all = new WeakMap<Env, Held>();

/**
 * The edge for one set of variables, opened by the first request. A configuration in KV is read again from time to
 * time, never in the way of a request; one with faults leaves the last good one in force.
 */
export function heldEdge(
  env: Env,
  background: Exchange['background'],
): OpenedEdge | Unopened | Promise<OpenedEdge | Unopened> {
  let held = all.get(env);
  if (held === undefined) {
    held = { opened: null, opening: null, due: 0, told: '' };
    all.set(env, held);
  }
  const { opened } = held;
  if (opened !== null && now() < held.due) return opened;
  if (held.opening === null) {
    held.opening = open(env, held);
    background(held.opening);
  }
  return opened !== null && 'app' in opened ? opened : held.opening;
}

async function open(env: Env, held: Held): Promise<OpenedEdge | Unopened> {
  const before = held.opened !== null && 'app' in held.opened ? held.opened : null;
  // What an error says may be secret.
  const found = await openEdge(env, before).catch(() => FAILED);
  held.opening = null;
  const faulty = 'lines' in found;
  const again = found === FAILED || isFromKv(env);
  held.due = again ? now() + (faulty ? LOOK_AFTER_FAULT : LOOK) : Number.POSITIVE_INFINITY;
  if (faulty) tell(held, found, before !== null);
  else held.told = '';
  held.opened = faulty && before !== null ? before : found;
  return held.opened;
}

/** Once, until they are others: a configuration that stays faulty is looked at every few seconds. */
function tell(held: Held, { lines }: Unopened, stays: boolean): void {
  const told = lines.join('\n');
  if (held.told === told) return;
  held.told = told;
  const message = stays ? 'configuration refused, the old one stays' : 'configuration refused';
  createLog('error').error({ faults: lines }, message);
}
