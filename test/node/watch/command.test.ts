import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../../src/node/watch/command.ts';
import { until } from '../../helpers/until.ts';

const env = { PATH: process.env.PATH };

describe('the command after an export', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'watch-command-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const pidIn = async (file: string): Promise<number> => {
    const path = join(folder, file);
    await until(`${file} exists`, () =>
      readFile(path, 'utf8').then(
        (text) => text.endsWith('\n'),
        () => false,
      ),
    );
    return Number(await readFile(path, 'utf8'));
  };
  const isRunning = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it('runs by the shell, with its output and its variables', async () => {
    const command = runCommand('echo "$WHO" | tr a-z A-Z; echo oops >&2', { env: { ...env, WHO: 'nginx' } });
    const { fault, output } = await command.ended;
    expect(fault).toBeNull();
    expect(output).toContain('NGINX');
    expect(output).toContain('oops');
  });

  it('says with which code or signal it ended', async () => {
    expect(await runCommand('exit 3', { env }).ended).toMatchObject({ fault: 'ended with exit code 3' });
    expect(await runCommand('kill -9 $$', { env }).ended).toMatchObject({ fault: 'was ended by SIGKILL' });
    expect(await runCommand('no-such-program-here', { env }).ended).toMatchObject({
      fault: 'ended with exit code 127',
    });
  });

  it('records the beginning of a long output, and the command never waits for a reader', async () => {
    const { fault, output } = await runCommand('head -c 3000000 /dev/zero | tr "\\0" x', { env }).ended;
    expect(fault).toBeNull();
    expect(output).toHaveLength(2_000 + '… (3000000 characters)'.length);
    expect(output.endsWith('… (3000000 characters)')).toBe(true);
  });

  it('ends a command beyond its limit, also its processes that ignore SIGTERM', async () => {
    const script = `trap "" TERM; sh -c 'trap "" TERM; echo $$ > ${folder}/child; sleep 60 & wait; sleep 60'; sleep 60`;
    const began = performance.now();
    const command = runCommand(script, { env, limit: 1_500, grace: 300 });
    const child = await pidIn('child');
    const ran = await command.ended;
    expect(ran).toMatchObject({ isLate: true, fault: 'did not end within 1.5 seconds' });
    expect(performance.now() - began).toBeLessThan(20_000);
    await until('the process has ended', () => !isRunning(child));
  });

  it('ends by SIGTERM at once where it is stopped', async () => {
    const command = runCommand(`echo $$ > ${folder}/pid; exec sleep 60`, { env });
    await pidIn('pid');
    command.stop();
    expect(await command.ended).toMatchObject({ fault: 'was ended by SIGTERM', isLate: false });
  });

  it('leaves a process in the background alone, and does not wait for it', async () => {
    const began = performance.now();
    const command = runCommand(`(sleep 30; echo late) & echo $! > ${folder}/pid; echo done`, { env });
    const { fault, output } = await command.ended;
    const pid = await pidIn('pid');
    expect({ fault, output }).toEqual({ fault: null, output: 'done' });
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(isRunning(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
  });
});
