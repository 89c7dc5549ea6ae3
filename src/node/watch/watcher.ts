import { cut } from '../../edge/log/cut.ts';
import type { Log } from '../../edge/log.ts';
import type { ExportFile } from '../../export/target.ts';
import { messageOf } from '../system-error.ts';
import type { Command, Ran } from './command.ts';
import type { Output } from './output.ts';
import {
  type Action,
  AT_START,
  begin,
  type Content,
  type Event,
  type Failure,
  type Found,
  hasExport,
  pauseAfter,
  type State,
  type Step,
  step,
  type Wanted,
} from './state.ts';

export interface WatcherOptions {
  readonly output: Output;
  /** Null: no command. */
  readonly run: ((content: Content) => Command) | null;
  readonly log: Log;
  /** Epoch milliseconds. */
  readonly wallClock?: () => number;
}

/** What has been done so far. */
export interface Done {
  readonly exports: Record<'written' | 'unchanged' | 'refused' | 'failed', number>;
  readonly commands: Record<'succeeded' | 'failed' | 'timed_out', number>;
  succeededAt: number | null;
}

/** What is wanted, with the text of the files. */
export type Asked =
  | { readonly kind: 'export'; readonly content: Content; readonly files: readonly ExportFile[] }
  | Exclude<Wanted, { kind: 'export' }>;

export interface Watcher {
  /** Looks at the file, and runs a command that a former process left to do. Call it once, first. */
  begin(): void;
  want(asked: Asked): void;
  /** Looks whether the file is still as it was written. */
  look(): void;
  state(): State;
  readonly done: Done;
  /** Ends the command that runs, and resolves when no step runs. */
  end(): Promise<void>;
}

/** Does what `step` decides, one action after the other, and logs it. */
export function createWatcher({ output, run, log, wallClock = Date.now }: WatcherOptions): Watcher {
  const done: Done = {
    exports: { written: 0, unchanged: 0, refused: 0, failed: 0 },
    commands: { succeeded: 0, failed: 0, timed_out: 0 },
    succeededAt: null,
  };
  let files: readonly ExportFile[] = [];
  let asked = '';
  /** The key of the file that was written last, and of the one that was last found right. */
  let written: string | null = null;
  let right: string | null = null;
  let command: Command | null = null;
  let retry: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();
  let state: State = AT_START;

  function send(event: Event): void {
    take(step(state, event));
  }

  function take(next: Step): void {
    state = next.state;
    note();
    for (const action of next.actions) act(action);
  }

  function act(action: Action): void {
    switch (action.kind) {
      case 'look':
        working = look();
        return;
      case 'write':
        working = write(action.content, files);
        return;
      case 'run':
        working = execute(action.content);
        return;
      case 'wait':
        clearTimeout(retry);
        retry = setTimeout(() => send({ kind: 'retry' }), action.milliseconds).unref();
        return;
      case 'stop_waiting':
        clearTimeout(retry);
        return;
      case 'stop_command':
        command?.stop();
    }
  }

  async function look(): Promise<void> {
    try {
      const found = await output.look();
      const before = state.contest?.count ?? 0;
      const known = state.found?.content;
      send({ kind: 'looked', found: await settled(found), at: performance.now() });
      const changes = state.contest?.count ?? 0;
      // Twice as many each time: two programs may change it without an end.
      if (known && changes > before && Number.isInteger(Math.log2(changes)))
        log.warn({ changes }, 'another program changed the exported file');
    } catch (error) {
      fail('not_looked', messageOf(error));
    }
  }

  /** What a look has found, after another attempt to remove a mark that could not be removed. */
  async function settled(found: Found): Promise<Found> {
    if (!found.isPending || found.content?.key !== state.unsettled?.key) return found;
    try {
      await output.settle();
      return { ...found, isPending: false };
    } catch {
      return found;
    }
  }

  async function write(content: Content, texts: readonly ExportFile[]): Promise<void> {
    try {
      await output.write(texts);
    } catch (error) {
      fail('not_written', messageOf(error));
      return;
    }
    done.exports.written += 1;
    written = content.key;
    log.info({ version: content.version }, 'export written');
    send({ kind: 'written', content });
  }

  function fail(kind: 'not_looked' | 'not_written', why: string): void {
    done.exports.failed += 1;
    send({ kind, why });
    log.error({ cause: why, ...retryOf(state.writeFailure) }, 'the export could not be written');
  }

  async function execute(content: Content): Promise<void> {
    if (run !== null) {
      command = run(content);
      const ran = await command.ended;
      command = null;
      if (!report(content, ran)) return;
    }
    const unsettled = await output.settle().then(() => null, messageOf);
    if (unsettled !== null) log.warn({ cause: unsettled }, UNSETTLED);
    send({ kind: 'ran', unsettled });
  }

  /** Whether the command has succeeded. */
  function report({ version }: Content, { fault, isLate, output: said, milliseconds }: Ran): boolean {
    const about = { version, milliseconds, ...(said !== '' && { output: said }) };
    if (fault === null) {
      done.commands.succeeded += 1;
      log.info(about, 'command succeeded');
      return true;
    }
    done.commands[isLate ? 'timed_out' : 'failed'] += 1;
    const lines = said === '' ? '' : `: ${said.replaceAll(/\s*\n\s*/g, '; ')}`;
    send({ kind: 'not_ran', why: cut(`the command ${fault}${lines}`) });
    log.error({ ...about, cause: fault, ...retryOf(state.runFailure) }, 'command failed');
    return false;
  }

  /** When the step that failed is tried again. */
  const retryOf = (failure: Failure | null) =>
    failure === null || state.waiting === null ? {} : { retrySeconds: pauseAfter(failure.count) / 1000 };

  /** Records when the file and the command are right. */
  function note(): void {
    const { wanted, found, busy } = state;
    if (busy !== null || wanted?.kind !== 'export' || found?.content?.key !== wanted.content.key) return;
    if (right !== wanted.content.key) {
      right = wanted.content.key;
      if (written !== right) {
        done.exports.unchanged += 1;
        log.info({ version: wanted.content.version }, 'the file is as the rules say');
      }
    }
    if (!found.isPending) done.succeededAt = wallClock();
  }

  function want(now: Asked): void {
    if (now.kind === 'export') files = now.files;
    const isOther = JSON.stringify(summaryOf(now)) !== asked;
    asked = JSON.stringify(summaryOf(now));
    if (isOther) announce(now);
    send({ kind: 'wanted', wanted: summaryOf(now) });
  }

  function announce(now: Asked): void {
    const stays = hasExport(state) ? 'the old file stays' : 'there is no file';
    if (now.kind === 'refused') {
      done.exports.refused += 1;
      for (const why of now.why) log.error({ cause: why }, `export refused, ${stays}`);
    }
    if (now.kind === 'unavailable') log.warn({ cause: now.why }, `no rules to export, ${stays}`);
  }

  return {
    begin: () => take(begin()),
    want,
    look: () => send({ kind: 'look' }),
    state: () => state,
    done,
    async end() {
      send({ kind: 'end' });
      while (state.busy !== null) await working;
    },
  };
}

const UNSETTLED =
  'the mark beside the exported file could not be removed: the next start runs the command again';

const summaryOf = (asked: Asked): Wanted =>
  asked.kind === 'export' ? { kind: 'export', content: asked.content } : asked;
