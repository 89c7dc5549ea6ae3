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

/** Another program changed the file after this one wrote it or found it, so many times without a long rest. */
export interface Contest {
  readonly count: number;
  /** Milliseconds of a clock, at the last of them. */
  readonly at: number;
}

/** The command has succeeded for a file, and the mark beside it could not be removed. */
export interface Unsettled {
  readonly key: string;
  readonly why: string;
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
  readonly contest: Contest | null;
  readonly unsettled: Unsettled | null;
  /** The step that failed, or that another program undoes, and waits for its next attempt. */
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
  /** `at`: milliseconds of a clock that never goes back. */
  | { readonly kind: 'looked'; readonly found: Found; readonly at: number }
  | { readonly kind: 'not_looked'; readonly why: string }
  | { readonly kind: 'written'; readonly content: Content }
  /** What the file has now is not known: a disk that did not answer may still be writing. */
  | { readonly kind: 'not_written'; readonly why: string }
  /** `unsettled`: why the mark beside the file could not be removed; null if it was. */
  | { readonly kind: 'ran'; readonly unsettled: string | null }
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
/** Milliseconds without a change by another program after which it is taken to have stopped: longer than any pause. */
const REST = 5 * LONGEST_PAUSE;

/** Milliseconds until the next attempt after so many failures in a row. */
export const pauseAfter = (failures: number): number =>
  Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE);

export const AT_START: State = {
  wanted: null,
  found: null,
  busy: null,
  writeFailure: null,
  runFailure: null,
  contest: null,
  unsettled: null,
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
    case 'looked':
      return look(idle, event.found, event.at);
    case 'written': {
      const found = { content: event.content, isPending: true, isExport: true };
      return next({ ...idle, found, writeFailure: null, runFailure: null, unsettled: null });
    }
    case 'not_looked':
    case 'not_written':
      return failed({ ...state, mustLook: true }, 'write', event.why);
    case 'ran':
      return next({
        ...idle,
        found: state.found && { ...state.found, isPending: false },
        runFailure: null,
        unsettled: unsettledBy(state, event.unsettled),
      });
    case 'not_ran':
      return failed(state, 'run', event.why);
    case 'retry':
      return next({ ...state, waiting: null });
    case 'end':
      return end(state);
  }
}

function unsettledBy({ found }: State, why: string | null): Unsettled | null {
  const key = found?.content?.key;
  return why === null || key === undefined ? null : { key, why };
}

/** Takes what a look has found. A file that another program changes again and again is written again with pauses. */
function look(before: State, seen: Found, at: number): Step {
  const { key } = seen.content ?? {};
  const isSettled = key !== undefined && key === before.unsettled?.key;
  const found: Found = {
    ...seen,
    content: named(seen.content, before),
    isPending: seen.isPending && !isSettled,
  };
  // A write that failed may still have changed the file, and what was not right has been counted.
  const isRight = before.found !== null && !differs(before) && before.writeFailure === null;
  const isForeign = isRight && before.found?.content?.key !== key;
  const contest = contestBy(before.contest, isForeign, at);
  const state: State = {
    ...before,
    found,
    contest,
    unsettled: isSettled && seen.isPending ? before.unsettled : null,
  };
  if (!differs(state)) return next({ ...state, writeFailure: null });
  if (!isForeign || !isContested(state)) return next(state);
  const pause = pauseAfter((contest?.count ?? 0) - 1);
  return {
    state: { ...state, waiting: 'write' },
    actions: [{ kind: 'wait', milliseconds: pause }],
  };
}

function contestBy(contest: Contest | null, isForeign: boolean, at: number): Contest | null {
  if (isForeign) return { count: (contest?.count ?? 0) + 1, at };
  return contest !== null && at - contest.at >= REST ? null : contest;
}

/** Whether another program changes the file again and again. One change by hand is not counted. */
export const isContested = ({ contest }: State): boolean => (contest?.count ?? 0) > 1;

/** Content with the version of its rules, where it is what is wanted or what was known before. */
function named(content: Content | null, { wanted, found }: Pick<State, 'wanted' | 'found'>): Content | null {
  if (content === null || content.version !== null) return content;
  const known = [wanted?.kind === 'export' ? wanted.content : null, found?.content ?? null];
  return known.find((one) => one?.key === content.key) ?? content;
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
  const { found } = before;
  const state: State = {
    ...before,
    wanted,
    found: found && { ...found, content: named(found.content, { wanted, found }) },
  };
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
