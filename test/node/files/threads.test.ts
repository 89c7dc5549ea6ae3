import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NODE } from '../../cli/_process.ts';

const THREADS = new URL('../../../bin/threads.js', import.meta.url).href;
/** Two outputs, the files that options name, an exported file, and the four queues of a state directory. */
const QUEUES = 8;

test('a name is looked up while every queue of disk work hangs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'threads-'));
  const pipe = join(folder, 'pipe');
  const text = `
    import '${THREADS}';
    import { execFileSync } from 'node:child_process';
    import { lookup } from 'node:dns';
    import { open } from 'node:fs';
    execFileSync('mkfifo', ['${pipe}']);
    // To open a pipe without a writer blocks a thread.
    for (let queue = 0; queue < ${QUEUES}; queue += 1) open('${pipe}', 'r', () => {});
    lookup('localhost', () => process.kill(process.pid, 'SIGTERM'));`;
  const child = spawn(NODE, ['--input-type=module', '--eval', text], {
    stdio: 'inherit',
    timeout: 15_000,
    killSignal: 'SIGKILL',
  });
  const [, signal] = await once(child, 'close');
  rmSync(folder, { recursive: true });
  expect(signal).toBe('SIGTERM');
});
