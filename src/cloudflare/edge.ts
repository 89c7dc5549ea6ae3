import type { Exchange } from '../bucket/transport.ts';
import type { Result } from '../document/fault.ts';
import { now } from './clock.ts';
import { isFromKv } from './config.ts';
import { createLog } from './log.ts';
import { type OpenedEdge, openEdge } from './open.ts';
import type { Env } from './platform.ts';

type Opening = Result<OpenedEdge, string>;

/** The edge of one set of variables, and when to read its configuration again. */
interface EdgeState {
  opened: Opening | null;
  opening: Promise<Opening> | null;
  /** When to read the configuration again. */
  due: number;
  /** The faults that were logged last. */
  logged: string;
}

/** Milliseconds until a configuration in KV is read again. KV itself is up to a minute behind. */
const REREAD_MS = 60_000;
const REREAD_AFTER_FAULT_MS = 5_000;

const FAILED: Opening = {
  ok: false,
  faults: ['the configuration could not be opened; it is tried again'],
};

const states = new WeakMap<Env, EdgeState>();

/**
 * The edge for one set of variables, opened by the first request. A configuration in KV is read again in the background;
 * one with faults leaves the last good one in force.
 */
export function edgeOf(env: Env, background: Exchange['background']): Opening | Promise<Opening> {
  let state = states.get(env);
  if (state === undefined) {
    state = { opened: null, opening: null, due: 0, logged: '' };
    states.set(env, state);
  }
  const { opened } = state;
  if (opened !== null && now() < state.due) return opened;
  if (state.opening === null) {
    state.opening = open(env, state);
    background(state.opening);
  }
  return opened?.ok ? opened : state.opening;
}

async function open(env: Env, state: EdgeState): Promise<Opening> {
  const before = state.opened?.ok ? state.opened : null;
  // The error's message may contain a secret.
  const found = await openEdge(env, before?.value ?? null).catch(() => FAILED);
  state.opening = null;
  const again = found === FAILED || isFromKv(env);
  state.due = again ? now() + (found.ok ? REREAD_MS : REREAD_AFTER_FAULT_MS) : Number.POSITIVE_INFINITY;
  if (found.ok) state.logged = '';
  else logFaults(state, found.faults, before !== null);
  state.opened = found.ok ? found : (before ?? found);
  return state.opened;
}

/** Logs the same faults once: a faulty configuration is read again every few seconds. */
function logFaults(state: EdgeState, faults: readonly string[], hasLastGood: boolean): void {
  const text = faults.join('\n');
  if (state.logged === text) return;
  state.logged = text;
  const message = hasLastGood ? 'configuration refused, the old one stays' : 'configuration refused';
  createLog('error').error({ faults }, message);
}
