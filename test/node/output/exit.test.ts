import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { closedPipe } from '../../cli/_outputs.ts';
import { ended, NODE, PATIENCE, run, stop } from '../../cli/_process.ts';
import { until } from '../../helpers/until.ts';
import { call } from '../_running.ts';
import { freePort } from '../keep/_redis-server.ts';
import { rulesFor } from '../transport/_store.ts';

const SERVE = ['serve', '--bucket', 'http://127.0.0.1:1/b', '--rules', rulesFor('*')];
const PORTS = ['--port', '0', '--admin-port', '0'];
const HUNG = fileURLToPath(new URL('_hung.mjs', import.meta.url));
const STANDARD = new URL('../../../src/node/output/standard.ts', import.meta.url).href;
const DESCRIPTOR = new URL('../../../src/node/output/descriptor.ts', import.meta.url).href;
/** Milliseconds: a process that waits for no disk has ended. */
const END_LIMIT = 15_000;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exit-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The options of a process whose two outputs are one file on a disk that hangs. */
function onHungDisk() {
  const log = openSync(join(folder, 'log'), 'a');
  const env = { NODE_OPTIONS: `--import=${HUNG}`, HUNG_PIPE: join(folder, 'pipe') };
  return { options: { stdout: log, stderr: log, env }, close: () => closeSync(log) };
}

describe('with both outputs on a disk that hangs', () => {
  test('a crash ends the process', async () => {
    const { options, close } = onHungDisk();
    const port = await freePort();
    const edge = run([...SERVE, '--port', String(port), '--admin-port', '0'], options);
    try {
      const answers = () =>
        call(`http://127.0.0.1:${port}/x`).then(
          () => true,
          () => false,
        );
      await until('it answers', answers, PATIENCE);
      const began = performance.now();
      edge.child.kill('SIGURG');
      expect(await edge.code).toBe('killed');
      expect(performance.now() - began).toBeLessThan(END_LIMIT);
    } finally {
      await stop(edge);
      close();
    }
  });

  test('a wrong command line ends the process', async () => {
    const { options, close } = onHungDisk();
    try {
      const began = performance.now();
      await ended(['serve', '--prot', '1'], options);
      expect(performance.now() - began).toBeLessThan(END_LIMIT);
    } finally {
      close();
    }
  });
});

test('a crash while the log goes to a file ends with 1, and the file has the lines of before', async () => {
  const path = join(folder, 'log');
  const log = openSync(path, 'a');
  const crash = "process.on('SIGURG',()=>{throw(new(Error)('crashed'))})";
  const edge = run([...SERVE, ...PORTS], {
    stdout: log,
    env: { NODE_OPTIONS: `--import=data:text/javascript,${crash}` },
  });
  try {
    await call(`${await edge.address('edge')}/before`);
    edge.child.kill('SIGURG');
    expect(await edge.code).toBe(1);
    expect(edge.stderr()).toContain('Error: crashed');
    expect(readFileSync(path, 'utf8')).toContain('"path":"/before"');
  } finally {
    await stop(edge);
    closeSync(log);
  }
});

test.each(['help', '--version'])('"%s" to a pipe whose reader has ended is no crash', async (command) => {
  const { options, close } = closedPipe();
  try {
    const { code, stderr } = await ended([command], options);
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/Error|EPIPE\b.*\n.*at /);
  } finally {
    close();
  }
});

/** Runs a module's text in a process, whose outputs are sockets. */
async function runText(text: string): Promise<{ code: number; stdout: string }> {
  const child = spawn(NODE, ['--input-type=module', '--eval', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (more) => {
    stdout += more;
  });
  const [code] = await once(child, 'close');
  return { code, stdout };
}

test('an error of the stream of a shared standard output does not end the process', async () => {
  const text = `
    const { openOutput } = await import('${DESCRIPTOR}');
    openOutput(1);
    process.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));`;
  expect(await runText(text)).toMatchObject({ code: 0 });
});

test('what is printed is written before the process ends', async () => {
  const text = `
    const { print } = await import('${STANDARD}');
    await print('x'.repeat(30_000));
    process.exit(0);`;
  expect(await runText(text)).toEqual({ code: 0, stdout: `${'x'.repeat(30_000)}\n` });
});
