/** What a file must have: the text is elsewhere, and `key` identifies it. */
export interface Content {
  readonly key: string;
  /** The version of the rules; null for a file of which it is not known. */
  readonly version: string | null;
}

/** What the rules in force ask for. */
export type Wanted =
  | { readonly kind: 'export'; readonly content: Content }
  /** The target cannot say the rules. One sentence for each reason. */
  | { readonly kind: 'refused'; readonly why: readonly string[] }
  /** No rules are in force. */
  | { readonly kind: 'unavailable'; readonly why: string };

/** What is in the file, and whether the command has yet to succeed for it. */
export interface Found {
  /** Null: there is no file. */
  readonly content: Content | null;
  readonly isPending: boolean;
  /** Whether an export for this target wrote the file. */
  readonly isExport: boolean;
}

/** A step failed, so many times in a row. */
export interface Failure {
  readonly why: string;
  readonly count: number;
}

/**
 * A watched export. One step runs at a time, `busy`. The file decides what comes next: it is written while it differs
 * from what is wanted, and then the command runs until it has succeeded for it.
 */
export interface State {
  readonly wanted: Wanted | null;
  /** Null before the first look at the file. */
  readonly found: Found | null;
  readonly busy: Busy | null;
  readonly writeFailure: Failure | null;
  readonly runFailure: Failure | null;
  /** The step that failed and waits for its next attempt. */
  readonly waiting: 'write' | 'run' | null;
  /** Another program, or a write that failed, may have changed the file. */
  readonly mustLook: boolean;
  readonly hasEnded: boolean;
}

type Busy =
  | { readonly kind: 'look' }
  | { readonly kind: 'write'; readonly content: Content }
  | { readonly kind: 'run'; readonly content: Content };

/** Whether a file is in place that states rules of the bucket, those of now or earlier ones. */
export const hasExport = ({ wanted, found }: State): boolean =>
  found?.content !== null && found !== null && (found.isExport || keyOf(wanted) === found.content.key);

export type Event =
  | { readonly kind: 'wanted'; readonly wanted: Wanted }
  /** It is time to look at the file again. */
  | { readonly kind: 'look' }
  | { readonly kind: 'looked'; readonly found: Found }
  | { readonly kind: 'not_looked'; readonly why: string }
  | { readonly kind: 'written'; readonly content: Content }
  /** What the file has now is not known: a disk that did not answer may still be writing. */
  | { readonly kind: 'not_written'; readonly why: string }
  | { readonly kind: 'ran' }
  | { readonly kind: 'not_ran'; readonly why: string }
  /** The time of a retry has come. */
  | { readonly kind: 'retry' }
  | { readonly kind: 'end' };

export type Action =
  | Busy
  /** Sends `retry` after so many milliseconds; replaces an earlier one. */
  | { readonly kind: 'wait'; readonly milliseconds: number }
  | { readonly kind: 'stop_waiting' }
  /** Ends the command that runs. */
  | { readonly kind: 'stop_command' };

export interface Step {
  readonly state: State;
  readonly actions: readonly Action[];
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

/** Milliseconds until the next attempt after so many failures in a row. */
export const pauseAfter = (failures: number): number =>
  Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE);

export const AT_START: State = {
  wanted: null,
  found: null,
  busy: null,
  writeFailure: null,
  runFailure: null,
  waiting: null,
  mustLook: true,
  hasEnded: false,
};

/** The first step: a look at the file. A command that a former process left to do runs even before rules are loaded. */
export const begin = (): Step => next(AT_START);

/** Takes an event into the state, and says what is to be done. Pure: the caller does it and sends the results back. */
export function step(state: State, event: Event): Step {
  if (state.hasEnded) return { state: afterEnd(state, event), actions: [] };
  const idle: State = { ...state, busy: null };
  switch (event.kind) {
    case 'wanted':
      return want(state, event.wanted);
    case 'look':
      return next({ ...state, mustLook: true });
    case 'looked': {
      const looked = { ...idle, found: event.found };
      return next({ ...looked, writeFailure: differs(looked) ? state.writeFailure : null });
    }
    case 'written': {
      const found = { content: event.content, isPending: true, isExport: true };
      return next({ ...idle, found, writeFailure: null, runFailure: null });
    }
    case 'not_looked':
    case 'not_written':
      return failed({ ...state, mustLook: true }, 'write', event.why);
    case 'ran':
      return next({
        ...idle,
        found: state.found && { ...state.found, isPending: false },
        runFailure: null,
      });
    case 'not_ran':
      return failed(state, 'run', event.why);
    case 'retry':
      return next({ ...state, waiting: null });
    case 'end':
      return end(state);
  }
}

/** After the end only the step that still ran is recorded. */
const afterEnd = (state: State, { kind }: Event): State =>
  ['wanted', 'look', 'retry', 'end'].includes(kind) ? state : { ...state, busy: null };

function end(state: State): Step {
  const actions: Action[] = [];
  if (state.waiting !== null) actions.push({ kind: 'stop_waiting' });
  if (state.busy?.kind === 'run') actions.push({ kind: 'stop_command' });
  return { state: { ...state, waiting: null, hasEnded: true }, actions };
}

/** What is wanted now does not wait for the retry of what was wanted before. */
function want(before: State, wanted: Wanted): Step {
  const state = { ...before, wanted };
  if (keyOf(wanted) === keyOf(before.wanted)) return next(state);
  const waits = state.waiting === 'run' && !differs(state);
  if (state.waiting === null || waits) return next(state);
  const after = next({ ...state, waiting: null, writeFailure: null });
  return { ...after, actions: [{ kind: 'stop_waiting' }, ...after.actions] };
}

const keyOf = (wanted: Wanted | null): string | null =>
  wanted?.kind === 'export' ? wanted.content.key : null;

/** Whether the file lacks what is wanted. */
const differs = ({ wanted, found }: State): boolean =>
  wanted?.kind === 'export' && wanted.content.key !== found?.content?.key;

function failed(state: State, which: 'write' | 'run', why: string): Step {
  const record = which === 'write' ? 'writeFailure' : 'runFailure';
  const count = (state[record]?.count ?? 0) + 1;
  const after: State = { ...state, busy: null, [record]: { why, count } };
  if (isSuperseded(state)) return next(after);
  return {
    state: { ...after, waiting: which },
    actions: [{ kind: 'wait', milliseconds: pauseAfter(count) }],
  };
}

/** Whether other content than that of the failed step has to be written. */
function isSuperseded(state: State): boolean {
  const { busy, wanted } = state;
  if (busy?.kind === 'write') return wanted?.kind === 'export' && wanted.content.key !== busy.content.key;
  return busy?.kind === 'run' && differs(state);
}

/** Begins the next step, if no other one runs or waits. */
function next(state: State): Step {
  const { busy, waiting, mustLook, wanted, found } = state;
  if (busy !== null || waiting !== null) return { state, actions: [] };
  if (mustLook) return begins({ ...state, mustLook: false }, { kind: 'look' });
  if (found === null) return { state, actions: [] };
  if (wanted?.kind === 'export' && differs(state))
    return begins(state, { kind: 'write', content: wanted.content });
  if (found.content !== null && found.isPending)
    return begins(state, { kind: 'run', content: found.content });
  return { state, actions: [] };
}

const begins = (state: State, busy: Busy): Step => ({ state: { ...state, busy }, actions: [busy] });
