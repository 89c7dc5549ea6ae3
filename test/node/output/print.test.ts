import { closeSync, constants, openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isOutputFault, printTo } from '../../../src/node/output/print.ts';
import { openPipe } from '../../helpers/outputs.ts';

const outputOf = (fd: number) => ({ fd, mayWait: true, whole: 4_096, isShared: false, prepare: () => {} });

describe('a text', () => {
  test('is written whole to a slow reader, beyond what a pipe takes', async () => {
    const { writes, read, close } = openPipe();
    const fd = openSync(`/proc/self/fd/${writes}`, constants.O_WRONLY | constants.O_NONBLOCK);
    const text = 'ä'.repeat(300_000);
    const taken: Buffer[] = [];
    const reading = setInterval(() => taken.push(Buffer.from(read())), 5);
    try {
      await printTo(outputOf(fd), text);
      taken.push(Buffer.from(read()));
      expect(String(Buffer.concat(taken)) === text).toBe(true);
    } finally {
      clearInterval(reading);
      closeSync(fd);
      close();
    }
  });

  test('that nothing reads any more is no fault', async () => {
    const { writes, closeReader, close } = openPipe();
    closeReader();
    await printTo(outputOf(writes), 'text');
    close();
  });

  test('that a full disk does not take is a fault, in a sentence', async () => {
    const fd = openSync('/dev/full', 'w');
    const error = await printTo(outputOf(fd), 'text').catch((thrown) => thrown);
    closeSync(fd);
    expect(isOutputFault(error)).toBe(true);
    expect(error.message).toBe("standard output can't be written: ENOSPC: no space left on device, write");
  });

  test('for a closed descriptor is a fault', async () => {
    const fd = openSync('/dev/null', 'w');
    closeSync(fd);
    await expect(printTo(outputOf(fd), 'text')).rejects.toThrow(/EBADF/);
  });
});

test('other errors are no faults of the output', () => {
  expect(isOutputFault(new Error('x'))).toBe(false);
  expect(isOutputFault(null)).toBe(false);
});
