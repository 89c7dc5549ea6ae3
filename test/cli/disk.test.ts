import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { FILES } from '../helpers/tls.ts';
import { until } from '../helpers/until.ts';
import { rulesFor, type Store } from '../node/transport/_store.ts';
import { admin, allows, type Edge, edges, linesWith, PORTS } from './_edges.ts';
import { hangs, MOUNTS, mounts, programIn } from './_mounts.ts';
import { ended, NODE, PATIENCE, run } from './_process.ts';

const all = edges();
const A = 'https://a.example';

const inMounts = (script: string): Promise<string> => programIn(all.at('node.sh'), script);

describe.skipIf(!mounts)(`a state directory${MOUNTS}`, () => {
  const state = () => all.at('state');

  /** Serves once, so that the state directory has the store's rules. */
  async function servedOnce(): Promise<Store> {
    const store = await all.store(A);
    const edge = await all.serve('--bucket', store.url, '--state-dir', state());
    const written = async () => (await readdir(state())).some((name) => name.startsWith('rules-'));
    await until('the file is written', written, PATIENCE);
    edge.child.kill('SIGTERM');
    expect(await edge.code).toBe(0);
    return store;
  }

  const serveIn = async (script: string, store: Store, ...args: string[]): Promise<Edge> =>
    all.serveWith({ node: await inMounts(script) }, '--bucket', store.url, '--state-dir', state(), ...args);

  const reasonsOf = async (edge: Edge) => {
    const { status, json } = await admin(edge, '/readyz');
    return { status, state: json.status, reasons: json.reasons.join('\n') };
  };

  test('that is mounted read-only serves its rules while the store is down; the edge is degraded', async () => {
    const store = await servedOnce();
    await all.end(store);
    const edge = await serveIn(
      `mount --bind ${state()} ${state()}; mount -o remount,bind,ro ${state()}`,
      store,
    );
    expect(await allows(edge, A)).toBe(true);
    expect(await reasonsOf(edge)).toMatchObject({
      status: 200,
      state: 'degraded',
      reasons: expect.stringMatching(/^state directory .* can't be written: EROFS/),
    });
    expect(linesWith(edge, /^state directory/)).toMatchObject([{ level: 'warn' }]);
  });

  test('on a full disk makes the edge degraded, and is written once the disk has space', async () => {
    const store = await all.store(A);
    await mkdir(state());
    const fill = `mount -t tmpfs -o size=64k none ${state()}; head -c 65536 /dev/zero > ${state()}/fill || true`;
    const edge = await serveIn(fill, store, '--rules-ttl', '1s');
    expect(await allows(edge, A)).toBe(true);
    await until('it is degraded', async () => (await reasonsOf(edge)).state === 'degraded', PATIENCE);
    expect(await reasonsOf(edge)).toMatchObject({ status: 200, reasons: expect.stringMatching(/ENOSPC/) });
    const inside = `/proc/${edge.child.pid}/root${state()}`;
    await rm(`${inside}/fill`);
    await until('it is ready', async () => (await reasonsOf(edge)).state === 'ready', PATIENCE);
    expect((await readdir(inside)).map((name) => name.slice(0, 6))).toEqual(['rules-']);
  });

  test('on a disk that hangs delays neither the start nor the exit; the edge is degraded', async () => {
    const store = await all.store(A);
    await mkdir(state());
    const edge = await serveIn(hangs(state()), store);
    await until('the rules are in force', () => allows(edge, A), PATIENCE);
    expect(await reasonsOf(edge)).toMatchObject({
      status: 200,
      state: 'degraded',
      reasons: expect.stringMatching(/^state directory .* can't be written: no answer within 5 seconds/),
    });
    edge.child.kill('SIGTERM');
    expect(await edge.code).toBe('killed');
  });

  test('may hang: a configuration file on such a disk ends the start with a fault', async () => {
    await mkdir(all.at('hung'));
    const node = await inMounts(hangs(all.at('hung')));
    const { code, lines } = await ended(['serve', ...PORTS, '--config', all.at('hung', 'edge.json')], {
      node,
    });
    expect(code).toBe('killed');
    expect(lines).toEqual([
      expect.stringMatching(/hung\/edge\.json can't be read: no answer within 5 seconds/),
    ]);
  });
});

describe.skipIf(!existsSync('/usr/bin/mkfifo'))('a start ends with a fault at once if', () => {
  const BUCKET = ['--bucket', 'http://127.0.0.1:9'];
  test.each<[string, (pipe: string) => string[], number, RegExp]>([
    ['the state directory is to be made in /proc', () => [...BUCKET, '--state-dir', '/proc/x'], 1, /ENOENT/],
    ['the configuration is a FIFO without a writer', (pipe) => ['--config', pipe], 2, /pipe/],
    ['the configuration is an endless device', () => ['--config', '/dev/zero'], 2, /zero is not a file/],
    ['the rules are a FIFO', (pipe) => [...BUCKET, '--rules', pipe], 1, /pipe is not a file/],
    [
      'the certificate is an endless device',
      () => [...BUCKET, '--tls-cert', '/dev/zero', '--tls-key', FILES.key],
      1,
      /--tls-cert \/dev\/zero is not a file/,
    ],
    [
      'the key is a FIFO without a writer',
      (pipe) => [...BUCKET, '--tls-cert', FILES.cert, '--tls-key', pipe],
      1,
      /--tls-key .*pipe/,
    ],
  ])('%s', async (_, args, code, line) => {
    execFileSync('mkfifo', [all.at('pipe')]);
    const found = await ended(['serve', ...PORTS, ...args(all.at('pipe'))]);
    expect([found.code, found.lines]).toEqual([code, [expect.stringMatching(line)]]);
  });
});

test.skipIf(!existsSync('/bin/bash'))('a configuration may come from a shell’s <(command)', async () => {
  const program = all.at('node.sh');
  const config = JSON.stringify({ buckets: { media: { bucket: 'http://127.0.0.1:9', rules: rulesFor(A) } } });
  await writeFile(all.at('edge.json'), config);
  const line = `exec ${NODE} "$@" --config <(sleep 0.2; cat ${all.at('edge.json')})`;
  await writeFile(program, `#!/bin/bash\n${line}\n`, { mode: 0o755 });
  const started = run(['serve', ...PORTS], { node: program });
  try {
    expect(await started.address('edge')).toContain('http://');
  } finally {
    started.child.kill('SIGTERM');
    expect(await started.code).toBe(0);
  }
});
