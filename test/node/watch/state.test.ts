import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonsOf } from '../../../src/node/watch/reasons.ts';
import {
  type Action,
  begin,
  type Content,
  type Event,
  pauseAfter,
  type State,
  type Step,
  step,
  type Wanted,
} from '../../../src/node/watch/state.ts';

const contentOf = (key: string): Content => ({ key, version: `version of ${key}` });
const wantedOf = (key: string): Wanted => ({ kind: 'export', content: contentOf(key) });
const REFUSED: Wanted = { kind: 'refused', why: ['rule 1 cannot be said'] };
const UNAVAILABLE: Wanted = { kind: 'unavailable', why: 'the rules are not in force' };

/** Sends events one after the other; returns the last state and all actions. */
function play(events: readonly Event[], first: Step = begin()) {
  const actions: Action[] = [...first.actions];
  let { state } = first;
  for (const event of events) {
    const next = step(state, event);
    state = next.state;
    actions.push(...next.actions);
  }
  return { state, actions };
}

const RAN: Event = { kind: 'ran', unsettled: null };
const looked = (key: string | null, isPending = false, at = 0): Event => ({
  kind: 'looked',
  at,
  found: { content: key === null ? null : contentOf(key), isPending, isExport: key !== null },
});
const wanted = (key: string): Event => ({ kind: 'wanted', wanted: wantedOf(key) });
const written = (key: string): Event => ({ kind: 'written', content: contentOf(key) });
const kinds = (actions: readonly Action[]) => actions.map(({ kind }) => kind);

describe('the steps of a watched export', () => {
  it('looks, writes what is missing and runs the command once', () => {
    const { state, actions } = play([looked(null), wanted('a'), written('a'), RAN, wanted('a')]);
    expect(kinds(actions)).toEqual(['look', 'write', 'run']);
    expect(state).toMatchObject({ busy: null, waiting: null, found: { isPending: false } });
  });

  it('neither writes nor runs the command where the file is as the rules say', () => {
    expect(kinds(play([wanted('a'), looked('a')]).actions)).toEqual(['look']);
  });

  it('runs the command that a killed process left to do, also where no rules are in force', () => {
    expect(kinds(play([looked('a', true)]).actions)).toEqual(['look', 'run']);
    const unavailable: Event = { kind: 'wanted', wanted: UNAVAILABLE };
    expect(kinds(play([unavailable, looked('a', true)]).actions)).toEqual(['look', 'run']);
  });

  it('leaves the old file where an export is refused', () => {
    const { state, actions } = play([looked('a'), wanted('a'), { kind: 'wanted', wanted: REFUSED }]);
    expect(kinds(actions)).toEqual(['look']);
    expect(state.found?.content?.key).toBe('a');
  });

  it('runs a command that failed again, with longer pauses, until it succeeds', () => {
    const fails: Event[] = [
      { kind: 'not_ran', why: 'it failed' },
      { kind: 'retry' },
      { kind: 'not_ran', why: 'it failed' },
      { kind: 'retry' },
      { kind: 'not_ran', why: 'it failed' },
      { kind: 'retry' },
    ];
    const { state, actions } = play([looked(null), wanted('a'), written('a'), ...fails, RAN]);
    expect(kinds(actions).slice(2)).toEqual(['run', 'wait', 'run', 'wait', 'run', 'wait', 'run']);
    const pauses = actions.flatMap((action) => (action.kind === 'wait' ? action.milliseconds : []));
    expect(pauses).toEqual([1_000, 2_000, 4_000]);
    expect(state.runFailure).toBeNull();
  });

  it('limits the pause to a minute', () => expect(pauseAfter(40)).toBe(60_000));

  it('writes a newer version at once while the command waits for its retry', () => {
    const { actions } = play([
      looked(null),
      wanted('a'),
      written('a'),
      { kind: 'not_ran', why: 'it failed' },
      wanted('b'),
    ]);
    expect(kinds(actions)).toEqual(['look', 'write', 'run', 'wait', 'stop_waiting', 'write']);
  });

  it('writes a newer version at once after the command that ran meanwhile has failed', () => {
    const { actions } = play([
      looked(null),
      wanted('a'),
      written('a'),
      wanted('b'),
      { kind: 'not_ran', why: 'it failed' },
    ]);
    expect(actions.at(-1)).toEqual({ kind: 'write', content: contentOf('b') });
  });

  it('has longer pauses after each write that fails', () => {
    const again: Event[] = [{ kind: 'not_written', why: 'full' }, { kind: 'retry' }, looked(null)];
    const { actions } = play([looked(null), wanted('a'), ...again, ...again, ...again]);
    const pauses = actions.flatMap((action) => (action.kind === 'wait' ? action.milliseconds : []));
    expect(pauses).toEqual([1_000, 2_000, 4_000]);
  });

  it('forgets a failed write where the file need not be written any more', () => {
    const { state } = play([
      looked('a'),
      wanted('b'),
      { kind: 'not_written', why: 'full' },
      wanted('a'),
      looked('a'),
    ]);
    expect(state).toMatchObject({ writeFailure: null, waiting: null, busy: null });
  });

  it('writes again what another program changed', () => {
    const { actions } = play([looked('a'), wanted('a'), { kind: 'look' }, looked('edited')]);
    expect(kinds(actions)).toEqual(['look', 'look', 'write']);
  });

  const look: Event = { kind: 'look' };
  const retry: Event = { kind: 'retry' };
  /** A change by another program, and the end of the pause after it. */
  const change = (at: number, ...more: Event[]): Event[] => [
    look,
    looked(`other ${at}`, false, at),
    ...more,
    written('a'),
    RAN,
  ];
  const waits = (actions: readonly Action[]) =>
    actions.flatMap((action) => (action.kind === 'wait' ? action.milliseconds : []));

  it('has pauses before it writes again what another program changes again and again', () => {
    const events = [...change(1), ...change(2, retry), ...change(3, retry), ...change(4, retry)];
    const { state, actions } = play([looked('a'), wanted('a'), ...events]);
    expect(waits(actions)).toEqual([1_000, 2_000, 4_000]);
    expect(kinds(actions).filter((kind) => kind === 'write')).toHaveLength(4);
    expect(reasonsOf(state, 'x.conf').degraded).toEqual([
      'changed_elsewhere: another program has changed x.conf 4 times: end one of the two',
    ]);
  });

  it('writes after the pause, also where the file was changed once more meanwhile', () => {
    const during = [look, retry, looked('other again', false, 3)];
    const { actions } = play([looked('a'), wanted('a'), ...change(1), ...change(2, ...during)]);
    expect(kinds(actions).slice(-4)).toEqual(['wait', 'look', 'write', 'run']);
  });

  it('writes at once again after the other program has stopped for five minutes', () => {
    const fight = [looked('a'), wanted('a'), ...change(1), ...change(2, retry)];
    const early = play([...fight, look, looked('a', false, 300_001)]);
    expect(reasonsOf(early.state, 'x.conf').degraded).toHaveLength(1);
    const late = play([...fight, look, looked('a', false, 300_002)]);
    expect(reasonsOf(late.state, 'x.conf').degraded).toEqual([]);
    expect(kinds(play(change(300_003), { state: late.state, actions: [] }).actions)).not.toContain('wait');
  });

  it('does not run the command again for a mark that cannot be removed', () => {
    const unsettled: Event = { kind: 'ran', unsettled: 'EPERM' };
    const { state, actions } = play([
      looked(null),
      wanted('a'),
      written('a'),
      unsettled,
      look,
      looked('a', true),
      look,
      looked('a', true),
    ]);
    expect(kinds(actions).filter((kind) => kind === 'run')).toHaveLength(1);
    expect(reasonsOf(state, 'x.conf').degraded).toEqual(['mark_not_removed: x.conf.pending: EPERM']);
    const removed = play([look, looked('a')], { state, actions: [] });
    expect(reasonsOf(removed.state, 'x.conf').degraded).toEqual([]);
    const next = play([wanted('b'), written('b')], { state, actions: [] });
    expect(kinds(next.actions)).toEqual(['write', 'run']);
  });

  it('runs the command with the version that is known, also for a file that a look has found', () => {
    const found = (isPending: boolean): Event => ({
      kind: 'looked',
      at: 0,
      found: { content: { key: 'a', version: null }, isPending, isExport: true },
    });
    const version = (events: readonly Event[]) =>
      play(events)
        .actions.filter(({ kind }) => kind === 'run')
        .map((action) => ('content' in action ? action.content.version : ''));
    const failed: Event = { kind: 'not_ran', why: 'it failed' };
    expect(version([looked(null), wanted('a'), written('a'), failed, look, retry, found(true)])).toEqual(
      Array(2).fill('version of a'),
    );
    expect(version([wanted('a'), found(true)])).toEqual(['version of a']);
    expect(version([found(true), failed, wanted('a'), retry])).toEqual([null, 'version of a']);
  });

  it('ends the command that runs, and begins no other step', () => {
    const { state, actions } = play([
      looked('a', true),
      { kind: 'end' },
      wanted('b'),
      { kind: 'not_ran', why: 'was ended by SIGTERM' },
    ]);
    expect(kinds(actions)).toEqual(['look', 'run', 'stop_command']);
    expect(state.busy).toBeNull();
  });
});

/** The file, the mark beside it, and what the program has loaded. They outlive the process. */
interface World {
  file: string | null;
  isMarked: boolean;
  loaded: string | null;
}

/** What the next result of a step is, where the process does not die first. */
type Luck = 'works' | 'fails' | 'dies before' | 'dies within' | 'dies after';
type Move = { readonly luck: Luck } | { readonly wanted: Wanted };

const KEYS = ['a', 'b', 'c'];
const anyWanted = fc.oneof(
  fc.constantFrom(...KEYS).map(wantedOf),
  fc.constant(REFUSED),
  fc.constant(UNAVAILABLE),
);
const anyMove: fc.Arbitrary<Move> = fc.oneof(
  fc
    .constantFrom<Luck[]>('works', 'fails', 'dies before', 'dies within', 'dies after')
    .map((luck) => ({ luck })),
  anyWanted.map((one) => ({ wanted: one })),
);

/** A process with a disk and a command, which `next` lets do one step, or lets die and start again. */
function simulated(world: World) {
  let asked: Wanted | null = null;
  let state: State;
  let waits = false;
  let pending: Action | null;

  const take = (next: Step) => {
    state = next.state;
    for (const action of next.actions) {
      if (action.kind === 'wait') waits = true;
      else if (action.kind === 'stop_waiting') waits = false;
      else if (action.kind !== 'stop_command') {
        // One step at a time.
        expect(pending).toBeNull();
        pending = action;
      }
    }
    expect(pending === null).toBe(state.busy === null);
    expect(waits).toBe(state.waiting !== null);
  };
  const start = () => {
    waits = false;
    pending = null;
    take(begin());
    if (asked !== null) take(step(state, { kind: 'wanted', wanted: asked }));
  };

  /** Does the step on the disk; half of it where the process dies before its end. */
  function does(action: Action, isWhole: boolean): Event {
    if (action.kind === 'write') {
      world.isMarked = true;
      if (isWhole) world.file = action.content.key;
      return { kind: 'written', content: action.content };
    }
    if (action.kind === 'run') {
      expect(world.file).toBe(action.content.key);
      world.loaded = world.file;
      if (isWhole) world.isMarked = false;
      return RAN;
    }
    return looked(world.file, world.isMarked);
  }

  function fails(action: Action): Event {
    if (action.kind === 'look') return { kind: 'not_looked', why: 'no answer' };
    if (action.kind === 'run') return { kind: 'not_ran', why: 'it failed' };
    return { kind: 'not_written', why: 'full' };
  }

  function next(luck: Luck): void {
    const action = pending;
    if (luck === 'dies before') {
      start();
      return;
    }
    if (action === null) {
      if (waits) {
        waits = false;
        take(step(state, { kind: 'retry' }));
      } else if (luck === 'fails') take(step(state, { kind: 'look' }));
      return;
    }
    if (luck === 'dies within' || luck === 'dies after') {
      does(action, luck === 'dies after');
      start();
      return;
    }
    const event = luck === 'fails' ? fails(action) : does(action, true);
    pending = null;
    take(step(state, event));
  }

  start();
  return {
    next,
    want(one: Wanted) {
      asked = one;
      take(step(state, { kind: 'wanted', wanted: one }));
    },
    isIdle: () => pending === null && !waits,
  };
}

describe('a watched export under any failures', () => {
  it('loses nothing: at last the program has loaded what the rules say, or else the file', () => {
    fc.assert(
      fc.property(fc.array(anyMove, { maxLength: 40 }), fc.constantFrom(null, ...KEYS), (moves, file) => {
        const world: World = { file, isMarked: false, loaded: file };
        const process = simulated(world);
        let last: Wanted | null = null;
        for (const move of moves) {
          if ('luck' in move) process.next(move.luck);
          else {
            last = move.wanted;
            process.want(last);
          }
        }
        for (let steps = 0; !process.isIdle(); steps += 1) {
          expect(steps).toBeLessThan(12);
          process.next('works');
        }
        expect(world.loaded).toBe(world.file);
        expect(world.isMarked && world.file !== null).toBe(false);
        if (last?.kind === 'export') expect(world.file).toBe(last.content.key);
      }),
      { numRuns: 3_000 },
    );
  });
});
