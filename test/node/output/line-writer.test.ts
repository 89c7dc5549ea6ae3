import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Output } from '../../../src/node/output/descriptor.ts';
import { createLineWriter, type LineWriter } from '../../../src/node/output/line-writer.ts';
import { openPipe, type Pipe } from '../../helpers/outputs.ts';
import { until } from '../../helpers/until.ts';

const MOST = 256 * 1024;
/** The capacity of a pipe on Linux. */
const PIPE_SIZE = 65_536;
const LINE = `${'x'.repeat(999)}\n`;

let folder = '';
let pipe: Pipe;
let reports: [lines: number, reason: string][];
const opened: number[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lines-'));
  pipe = openPipe();
  reports = [];
});
afterEach(() => {
  for (const fd of opened.splice(0)) closeSync(fd);
  pipe.close();
  rmSync(folder, { recursive: true });
});

function writer(fd: number, about: Partial<Output> = {}, most = MOST): LineWriter {
  const output = { fd, mayWait: false, whole: 4_096, isShared: false, prepare: () => {}, ...about };
  return createLineWriter(output, { most, onDropped: (...report) => reports.push(report) });
}

/** As `openOutput` opens a pipe. */
function toPipe(most?: number): LineWriter {
  const fd = openSync(`/proc/self/fd/${pipe.writes}`, constants.O_WRONLY | constants.O_NONBLOCK);
  opened.push(fd);
  return writer(fd, {}, most);
}

function toFile(path: string, mayWait: boolean): LineWriter {
  const fd = openSync(path, 'a');
  opened.push(fd);
  return writer(fd, { mayWait, whole: 65_536 });
}

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${at} ${'é"x'.repeat(at % 50)}\n`);

describe.runIf(existsSync('/proc/self/fd'))('lines', () => {
  test.each([true, false])('reach a file whole and in order (on a thread: %s)', async (mayWait) => {
    const path = join(folder, 'log');
    const to = toFile(path, mayWait);
    const lines = numbered(2_000);
    for (const line of lines) to.write(line);
    await to.flush(5_000);
    expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
    expect([to.dropped(), to.writing(), reports]).toEqual([0, false, []]);
  });

  test('reach a pipe with a slow reader whole and in order, or are counted as dropped', async () => {
    const turns = fc.array(
      fc.record({ write: fc.nat({ max: 200 }), length: fc.nat({ max: 6_000 }), read: fc.boolean() }),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(turns, async (list) => {
        const to = toPipe();
        let written = 0;
        const read: Buffer[] = [];
        for (const { write, length, read: reads } of list) {
          for (let time = 0; time < write; time += 1) {
            to.write(`${written} ${'é'.repeat(length)}\n`);
            written += 1;
          }
          await new Promise((resolve) => setTimeout(resolve, 1));
          if (reads) read.push(pipe.read());
        }
        const reading = setInterval(() => read.push(pipe.read()), 1);
        await to.flush(5_000);
        clearInterval(reading);
        read.push(pipe.read());
        const numbers = String(Buffer.concat(read))
          .split('\n')
          .slice(0, -1)
          .map((line) => Number(/^(\d+) é*$/.exec(line)?.[1]));
        expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
        expect(new Set(numbers).size + to.dropped()).toBe(written);
      }),
      { numRuns: 30 },
    );
  });

  test('beyond the bound are dropped, and counted once when the others are written', async () => {
    const to = toPipe();
    for (let time = 0; time < 1_000; time += 1) to.write(LINE);
    await until('the pipe is full', () => to.dropped() > 0);
    const waiting = 1_000 - to.dropped();
    expect(waiting).toBe(Math.floor(65_536 / 1_000) * 4);
    expect(reports).toEqual([]);
    let read = '';
    await until('all others are read', () => {
      read += pipe.read();
      return reports.length > 0;
    });
    read += pipe.read();
    expect(read).toBe(LINE.repeat(waiting));
    expect(reports).toEqual([[1_000 - waiting, 'what reads it is too slow']]);
    to.write('after\n');
    await to.flush(1_000);
    expect(String(pipe.read())).toBe('after\n');
    expect(reports).toHaveLength(1);
  });

  test('longer than the queue are dropped', async () => {
    const to = toPipe();
    to.write(`${'x'.repeat(MOST)}\n`);
    to.write('short\n');
    await to.flush(1_000);
    expect([String(pipe.read()), to.dropped()]).toEqual(['short\n', 1]);
  });

  test('of several writers to one pipe do not mix', async () => {
    const writers = ['a', 'b', 'c'].map((name) => ({ name, to: toPipe() }));
    for (let time = 0; time < 200; time += 1)
      for (const { name, to } of writers) to.write(`${name.repeat(700 + time)}\n`);
    let read = '';
    const reading = setInterval(() => {
      read += pipe.read();
    }, 1);
    await Promise.all(writers.map(({ to }) => to.flush(5_000)));
    clearInterval(reading);
    read += pipe.read();
    const lines = read.split('\n').slice(0, -1);
    expect(lines.filter((line) => !/^(a+|b+|c+)$/.test(line))).toEqual([]);
    expect(lines).toHaveLength(600);
  });
});

describe.runIf(existsSync('/dev/full'))('an output that fails', () => {
  test.each([true, false])(
    'causes no exception, and a flush does not wait (on a thread: %s)',
    async (mayWait) => {
      const to = toFile('/dev/full', mayWait);
      for (let time = 0; time < 10; time += 1) to.write(LINE);
      const began = performance.now();
      await to.flush(60_000);
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(reports).toEqual([[10, expect.stringMatching(/^ENOSPC/)]]);
      expect([to.dropped(), to.writing()]).toEqual([10, false]);
    },
  );

  test('is retried, and gets lines when it works again', async () => {
    const to = toPipe();
    pipe.closeReader();
    for (let time = 0; time < 1_000; time += 1) to.write(LINE);
    // Let the writer run first.
    await new Promise(setImmediate);
    expect(to.dropped()).toBeGreaterThan(0);
    pipe.openReader();
    let read = '';
    await until('the lines are written', () => {
      read += pipe.read();
      return reports.length > 0;
    });
    read += pipe.read();
    expect(reports).toEqual([[to.dropped(), expect.stringMatching(/^EPIPE/)]]);
    expect(read).toBe(LINE.repeat(1_000 - to.dropped()));
  });

  test('without a reader ends a flush at its limit', async () => {
    const to = toPipe();
    const count = PIPE_SIZE / 1_000 + 100;
    for (let time = 0; time < count; time += 1) to.write(LINE);
    const began = performance.now();
    await to.flush(200);
    expect(performance.now() - began).toBeGreaterThan(150);
    expect(pipe.read().length).toBeGreaterThan(PIPE_SIZE - 4_096);
    expect(reports).toEqual([[to.dropped(), 'what reads it is too slow']]);
    to.write('after\n');
    await to.flush(1_000);
    expect(String(pipe.read())).toBe('after\n');
  });
});

test.runIf(existsSync('/proc/self/fd'))(
  'writeNow returns at once while a write on a thread hangs, and does not write a second time',
  async () => {
    // A blocking pipe stands for a disk that hangs: its reader reads nothing.
    const to = writer(pipe.writes, { mayWait: true });
    for (let time = 0; time < 100; time += 1) to.write(LINE);
    await until('the pipe is full', to.writing);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([to.writing(), to.mayBlock()]).toEqual([true, true]);
    to.writeNow();
    let read = '';
    await until('all lines are written', () => {
      read += pipe.read();
      return !to.mayBlock();
    });
    read += pipe.read();
    expect(read).toBe(LINE.repeat(100));
  },
);
