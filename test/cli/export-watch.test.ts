import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { fakeClock, WITH_FAKETIME, skipped as withoutFaketime } from '../helpers/faketime.ts';
import { until } from '../helpers/until.ts';
import { call } from '../node/_running.ts';
import { useServer, WITH_SERVER, skipped as withoutRedis } from '../node/keep/_redis-server.ts';
import { edges, linesWith, write } from './_edges.ts';
import { hangs, MOUNTS, mounts, programIn } from './_mounts.ts';
import { ended, PATIENCE, run } from './_process.ts';
import { KEYS_ENV, keepIn, putRules } from './_rules-client.ts';
import { countOf, documentFor, messages, readiness, textOf, untilHas, watches } from './_watch.ts';

const all = edges();
const start = watches('nginx');
const others = { 'alibaba-cdn': watches('alibaba-cdn'), 'alibaba-esa': watches('alibaba-esa') };
const startOf = (target: string) => others[target as keyof typeof others];
const A = 'https://a.example';
const B = 'https://b.example';
const C = 'https://c.example';

const rules = () => all.at('cors.xml');
const output = () => all.at('cors.cfg');
const runs = () => all.at('runs');
const linesOf = async (path: string) => (await textOf(path))?.split('\n').slice(0, -1) ?? [];
/** A command that records its run, and then does something else. */
const recorded = (more = 'true') => `echo "$BUCKET_CORS_VERSION" >> ${runs()}; ${more}`;
const args = (command: string) => ['--rules', rules(), '--store', 'oss', '-o', output(), '--exec', command];
const isSettled = async () =>
  (await textOf(`${output()}.pending`)) === null && (await textOf(output())) !== null;

describe('a watched export', () => {
  test('follows the rules with the file, and runs the command once for each version', async () => {
    await write(rules(), documentFor(A));
    const command = recorded(
      `cp "$BUCKET_CORS_FILE" ${all.at('loaded')}; echo "$BUCKET_CORS_TARGET reloads"`,
    );
    const watch = await start(args(command));
    await untilHas(all.at('loaded'), A);
    await write(rules(), documentFor(B));
    await untilHas(all.at('loaded'), B);
    // The same rules in another form have the same version.
    await write(rules(), `<!-- new -->${documentFor(B)}`);
    await write(rules(), documentFor(C));
    await untilHas(all.at('loaded'), C);
    await until('the command has succeeded', isSettled);
    const versions = await linesOf(runs());
    expect(new Set(versions).size).toBe(3);
    expect(versions).toHaveLength(3);
    expect(linesWith(watch, /^command succeeded$/)[0]).toMatchObject({
      target: 'nginx',
      file: output(),
      version: versions[0],
      output: 'nginx reloads',
    });
    expect(await readiness(watch)).toMatchObject({ code: 200, status: 'ready', reasons: [] });
    expect(await countOf(watch, 'bucket_cors_exports_total', 'written')).toBe(3);
    expect(await countOf(watch, 'bucket_cors_export_commands_total', 'succeeded')).toBe(3);
    const { text } = await call(`${watch.adminUrl}/metrics`);
    expect(text).toContain(
      `bucket_cors_export_info{target="nginx",bucket="${rules()}",version="${versions[2]}"} 1`,
    );
    watch.child.kill('SIGTERM');
    expect(await watch.code).toBe(0);
    expect((await readdir(all.at())).filter((name) => /pending|tmp/.test(name))).toEqual([]);
  });

  test('neither writes nor runs the command at a start where the file is right', async () => {
    await write(rules(), documentFor(A));
    const first = await start(args(recorded()));
    await until('the command has succeeded', isSettled);
    first.child.kill('SIGTERM');
    expect(await first.code).toBe(0);
    const past = new Date('2026-01-01T00:00:00Z');
    await utimes(output(), past, past);
    const second = await start(args(recorded()));
    await until(
      'the file is compared',
      () => messages(second).includes('the file is as the rules say'),
      PATIENCE,
    );
    expect(await linesOf(runs())).toHaveLength(1);
    expect(await countOf(second, 'bucket_cors_exports_total', 'unchanged')).toBe(1);
    await write(rules(), documentFor(B));
    await until('the command has run again', async () => (await linesOf(runs())).length === 2, PATIENCE);
  });

  test('writes a file again that another program changed or removed', async () => {
    await write(rules(), documentFor(A));
    const watch = await start([...args(recorded()), '--rules-ttl', '1s']);
    await until('the command has succeeded', isSettled);
    const text = await readFile(output(), 'utf8');
    await write(output(), 'edited');
    await untilHas(output(), text);
    await rm(output());
    await untilHas(output(), text);
    await until('the command has run again', async () => (await linesOf(runs())).length === 3, PATIENCE);
    const further = all.at('cors.location.inc');
    await write(further, 'edited');
    await untilHas(further, 'add_header');
    await until('the command has run again', async () => (await linesOf(runs())).length === 4, PATIENCE);
    expect(messages(watch)).toContain('another program changed the exported file');
  });

  test.each([
    ['as the first file', 'rules.cfg', 'rules.cfg'],
    ['as a further file', 'rules.location.inc', 'rules.cfg'],
  ])('does not start where it would replace its rules, %s', async (_, source, file) => {
    await write(all.at(source), documentFor(A));
    const line = ['export', 'nginx', '--watch', '--admin-port', '0', '--store', 'oss'];
    const { code, stderr } = await ended([...line, '--rules', all.at(source), '-o', all.at(file)]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('is the file that the rules are read from; write another path'),
    });
    expect(await textOf(all.at(source))).toBe(documentFor(A));
  });

  test('runs a command that fails three times until it succeeds, with longer pauses', async () => {
    await write(rules(), documentFor(A));
    const command = recorded(
      `test $(wc -l < ${runs()}) -gt 3 || { echo "no: $BUCKET_CORS_FILE" >&2; exit 7; }`,
    );
    const watch = await start(args(command));
    await until('the command has failed', async () => (await linesOf(runs())).length >= 2, PATIENCE);
    await until('the failure is reported', async () => (await readiness(watch)).reasons.length > 0);
    // A file is in place: what waits for a ready answer may be what the command needs.
    expect(await readiness(watch)).toMatchObject({
      code: 200,
      status: 'degraded',
      reasons: [`exec_failed: the command ended with exit code 7: no: ${output()}`],
    });
    await until('the command has succeeded', isSettled, PATIENCE);
    expect(await linesOf(runs())).toHaveLength(4);
    expect(linesWith(watch, /^command failed$/).map(({ retrySeconds }) => retrySeconds)).toEqual([1, 2, 4]);
    expect(linesWith(watch, /^command failed$/)[0]).toMatchObject({
      cause: 'ended with exit code 7',
      output: `no: ${output()}`,
    });
    expect(await readiness(watch)).toMatchObject({ status: 'ready' });
    expect(await countOf(watch, 'bucket_cors_export_commands_total', 'failed')).toBe(3);
  });

  test('replaces a version whose command waits for its retry at once', async () => {
    await write(rules(), documentFor(A));
    const watch = await start(args(recorded(`grep -q ${B} "$BUCKET_CORS_FILE"`)));
    await until(
      'the second pause has begun',
      () => linesWith(watch, /^command failed$/).length === 3,
      PATIENCE,
    );
    const began = performance.now();
    await write(rules(), documentFor(B));
    await until('the command has succeeded', isSettled, PATIENCE);
    // The pause was four seconds.
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(new Set(await linesOf(runs())).size).toBe(2);
  });

  test('runs the command after a start where a process was killed before it had succeeded', async () => {
    await write(rules(), documentFor(A));
    const first = await start(args(recorded('kill -9 $PPID')));
    expect(await first.code).toBe('killed');
    expect(await textOf(output())).toContain(A);
    await start(args(recorded()));
    await until('the command has run', async () => (await linesOf(runs())).length === 2, PATIENCE);
    await until('the command has succeeded', isSettled);
  });

  test('runs that command also where the rules cannot be loaded any more', async () => {
    const store = await all.store(A);
    const bucket = ['--bucket', store.url, '--store', 's3', '-o', output()];
    const first = await start([...bucket, '--exec', recorded('kill -9 $PPID')]);
    expect(await first.code).toBe('killed');
    await all.end(store);
    const second = await start([...bucket, '--exec', recorded()]);
    await until('the command has succeeded', isSettled, PATIENCE);
    expect(await linesOf(runs())).toHaveLength(2);
    const { status, reasons } = await readiness(second);
    expect(status).toBe('degraded');
    expect(reasons.join('\n')).toMatch(
      /^rules_unavailable: the rules of 127\.0\.0\.1:\d+ are not in force: /m,
    );
  });

  // JSON has no banner: these files were taken for no export.
  test.each([
    ['alibaba-cdn', (origin: string) => documentFor(origin)],
    ['alibaba-esa', () => documentFor('*')],
  ])('takes the file that it wrote for %s for an export, also without rules', async (target, document) => {
    await write(rules(), document(A));
    const file = all.at('cors.json');
    const of = ['export', target, '--store', 'oss', '-o', file];
    expect(await run([...of, '--rules', rules()]).code).toBe(0);
    const store = await all.store(A);
    await all.end(store);
    const watch = await startOf(target)(['--bucket', store.url, '--store', 'oss', '-o', file]);
    await until('it is ready', async () => (await readiness(watch)).code === 200, PATIENCE);
    expect((await readiness(watch)).status).toBe('degraded');
  });

  test('leaves a file of settings where the rules need a program', async () => {
    await write(rules(), documentFor('*'));
    const file = all.at('cors.json');
    const watch = await startOf('alibaba-esa')(['--rules', rules(), '--store', 'oss', '-o', file]);
    await untilHas(file, 'RuleName');
    await write(rules(), documentFor(A));
    await until('it is refused', async () => (await readiness(watch)).status === 'degraded', PATIENCE);
    expect((await readiness(watch)).reasons.join()).toContain('need a file .js, and cors.json ends in .json');
    expect(await textOf(file)).toContain('RuleName');
  });

  test('is not ready before there is a file, and says why', async () => {
    const store = await all.store(A);
    store.cors = { status: 500, body: '' };
    const watch = await start(['--bucket', store.url, '--store', 's3', '-o', output()]);
    await until(
      'the load has failed',
      () => messages(watch).includes('no rules to export, there is no file'),
      PATIENCE,
    );
    const { code, status, reasons } = await readiness(watch);
    expect({ code, status }).toEqual({ code: 503, status: 'not ready' });
    expect(reasons[0]).toBe(`${output()} has no export yet`);
    expect(reasons[1]).toMatch(/^rules_unavailable: the rules of 127\.0\.0\.1:\d+ are not in force: .*500/);
  });

  test('takes last good rules from the state directory of an edge', async () => {
    const store = await all.store(A);
    const shared = ['--bucket', store.url, '--store', 's3', '--state-dir', all.at('state')];
    const edge = await all.serve(...shared);
    await call(`${edge.url}/x`, { headers: { Origin: A } });
    await until('the copy is stored', async () =>
      (await readdir(all.at('state')).catch(() => [])).some((name) => name.startsWith('rules-')),
    );
    await all.end(store);
    const watch = await start([...shared, '-o', output()]);
    await untilHas(output(), A);
    expect((await readiness(watch)).status).toBe('degraded');
  });

  test('leaves the old file where an export is refused, and says why', async () => {
    await write(rules(), documentFor(A));
    const config = (vary: string) => ({
      buckets: { media: { bucket: 'http://127.0.0.1:9', rules: rules(), vary } },
    });
    await write(all.at('edge.json'), config('safe'));
    const watch = await start([
      ...['--config', all.at('edge.json'), '--bucket', 'media', '-o', output(), '--exec', recorded()],
    ]);
    await until('the command has succeeded', isSettled, PATIENCE);
    const text = await textOf(output());
    await write(all.at('edge.json'), config('store'));
    await until(
      'the export is refused',
      () => messages(watch).includes('export refused, the old file stays'),
      PATIENCE,
    );
    expect(await textOf(output())).toBe(text);
    const { status, reasons } = await readiness(watch);
    expect(status).toBe('degraded');
    expect(reasons[0]).toMatch(/^export_refused: .*`--vary store`.* Nearest: /);
    expect(await countOf(watch, 'bucket_cors_exports_total', 'refused')).toBe(1);
    await write(all.at('edge.json'), config('safe'));
    await until('it is ready again', async () => (await readiness(watch)).status === 'ready', PATIENCE);
    expect(await linesOf(runs())).toHaveLength(1);
  });

  test('stays with its bucket where a changed configuration file has it no more', async () => {
    await write(rules(), documentFor(A));
    const media = { bucket: 'http://127.0.0.1:9', rules: rules() };
    await write(all.at('edge.json'), {
      port: 8080,
      workers: 2,
      buckets: { media, other: { ...media, hosts: ['o.test'] } },
    });
    const watch = await start(['--config', all.at('edge.json'), '--bucket', 'media', '-o', output()]);
    await untilHas(output(), A);
    await write(all.at('edge.json'), { buckets: { other: { ...media, hosts: ['o.test'] } } });
    await until(
      'the file is refused',
      () => messages(watch).includes('configuration refused, the old one stays'),
      PATIENCE,
    );
    await write(rules(), documentFor(B));
    await untilHas(output(), B);
  });

  test('ends the command that runs at SIGTERM, and runs it again after the next start', async () => {
    await write(rules(), documentFor(A));
    const first = await start(args(recorded('exec sleep 50')));
    await until('the command runs', async () => (await linesOf(runs())).length === 1, PATIENCE);
    const began = performance.now();
    first.child.kill('SIGTERM');
    expect(await first.code).toBe(0);
    expect(performance.now() - began).toBeLessThan(4_000);
    await start(args(recorded()));
    await until('the command has run', async () => (await linesOf(runs())).length === 2, PATIENCE);
  });

  test('loads the rules again at SIGHUP and POST /refresh', async () => {
    const store = await all.store(A);
    const watch = await start(['--bucket', store.url, '--store', 's3', '--rules-ttl', '1h', '-o', output()]);
    await untilHas(output(), A);
    store.cors = { status: 200, body: documentFor(B) };
    watch.child.kill('SIGHUP');
    await untilHas(output(), B);
    store.cors = { status: 200, body: documentFor(C) };
    expect((await call(`${watch.adminUrl}/refresh`, { method: 'POST' })).status).toBe(200);
    await untilHas(output(), C);
  });

  test('writes the file as soon as its folder takes it', async () => {
    await write(rules(), documentFor(A));
    await mkdir(all.at('out', 'cors.cfg.pending'), { recursive: true });
    const out = all.at('out', 'cors.cfg');
    const watch = await start(['--rules', rules(), '--store', 'oss', '-o', out, '--exec', 'true']);
    await until(
      'the write has failed',
      () => messages(watch).includes('the export could not be written'),
      PATIENCE,
    );
    expect(await readiness(watch)).toMatchObject({ code: 503, status: 'not ready' });
    expect((await readiness(watch)).reasons[1]).toMatch(/^write_failed: EISDIR/);
    await rm(all.at('out', 'cors.cfg.pending'), { recursive: true });
    await untilHas(out, A);
    await until('it is ready', async () => (await readiness(watch)).status === 'ready', PATIENCE);
  });

  test('refuses at the start what can never be written', async () => {
    await write(rules(), documentFor(A));
    const line = (...more: string[]) =>
      ended([
        'export',
        'nginx',
        '--watch',
        '--admin-port',
        '0',
        '--rules',
        rules(),
        '--store',
        'oss',
        ...more,
      ]);
    expect((await line('-o', all.at())).stderr).toContain('is not a file: write the path of a regular file');
    expect((await line('-o', all.at('no', 'x'))).stderr).toContain('is in a folder that does not exist');
    await write(rules(), '<CORSConfiguration><CORSRule/></CORSConfiguration>');
    expect(await line('-o', output())).toMatchObject({ code: 1, stdout: '' });
    expect(await textOf(output())).toBeNull();
  });
});

describe.skipIf(!mounts)(`a watched export on a full disk${MOUNTS}`, () => {
  test('leaves the old file whole, and writes the new one when there is room again', async () => {
    await mkdir(all.at('disk'));
    const node = await programIn(all.at('program'), `mount -t tmpfs -o size=64k tmpfs ${all.at('disk')}`);
    await write(rules(), documentFor(A));
    const out = all.at('disk', 'cors.cfg');
    const watch = await start(['--rules', rules(), '--store', 'oss', '-o', out, '--exec', recorded()], {
      node,
    });
    const inside = (path: string) => `/proc/${watch.child.pid}/root${path}`;
    await untilHas(inside(out), A);
    await until('the command has run', async () => (await linesOf(runs())).length === 1);
    await writeFile(inside(all.at('disk', 'filler')), Buffer.alloc(60_000)).catch(() => {});
    await writeFile(inside(all.at('disk', 'filler2')), Buffer.alloc(8_000)).catch(() => {});
    const old = await textOf(inside(out));
    await write(rules(), documentFor(B));
    await until(
      'the write has failed',
      () => messages(watch).includes('the export could not be written'),
      PATIENCE,
    );
    expect(await textOf(inside(out))).toBe(old);
    expect((await readiness(watch)).reasons.join()).toMatch(/^write_failed: .*ENOSPC/);
    expect((await readdir(inside(all.at('disk')))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    await rm(inside(all.at('disk', 'filler')));
    await untilHas(inside(out), B);
    await until('the command has run', async () => (await linesOf(runs())).length === 2, PATIENCE);
  });
});

describe.skipIf(withoutRedis)(`a watched export beside an edge that stores rules, ${WITH_SERVER}`, () => {
  const redis = useServer();

  test('has what clients write at the edge as soon as the edge, and outlives the storage', async () => {
    await redis.start();
    const store = await all.store('https://bucket.example');
    const env = { env: KEYS_ENV, limit: 60_000 };
    const shared = ['--redis', redis.url(), '--rules-ttl', '1h'];
    const edge = await all.serveWith(env, ...keepIn(store.url), ...shared);
    await putRules(edge, A);
    const bucket = keepIn(store.url).filter((word) => !['--client-keys', 'env:TEAM'].includes(word));
    const watch = await start(
      [...bucket, ...shared, '--store', 'oss', '-o', output(), '--exec', recorded()],
      env,
    );
    await untilHas(output(), A);
    await putRules(edge, B);
    await untilHas(output(), B, 1_000);
    await until('the command has succeeded', isSettled);
    await redis.stop();
    watch.child.kill('SIGHUP');
    await until('the load has failed', () => messages(watch).includes('rules could not be loaded'), PATIENCE);
    expect(await textOf(output())).toContain(B);
    expect((await readiness(watch)).status).toBe('degraded');
    expect(await linesOf(runs())).toHaveLength(2);
  });
});

describe.skipIf(!mounts)(`a watched export on a disk that does not answer${MOUNTS}`, () => {
  test('answers health checks, and ends within seconds', async () => {
    await mkdir(all.at('disk'));
    const node = await programIn(all.at('program'), hangs(all.at('disk')));
    await write(rules(), documentFor(A));
    const watch = await start(['--rules', rules(), '--store', 'oss', '-o', all.at('disk', 'cors.cfg')], {
      node,
    });
    await until(
      'the write has failed',
      () => messages(watch).includes('the export could not be written'),
      20_000,
    );
    const { code, reasons } = await readiness(watch);
    expect(code).toBe(503);
    expect(reasons.join('\n')).toMatch(/write_failed: .*no answer within 5 seconds/);
    const began = performance.now();
    watch.child.kill('SIGTERM');
    await watch.code;
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

describe.skipIf(withoutFaketime)(`a watched export and a step of the wall clock, ${WITH_FAKETIME}`, () => {
  test('follows the rules and runs the retry in time', async () => {
    const clock = await fakeClock(all.at('offset'));
    const store = await all.store(A);
    const command = recorded(`test -e ${all.at('works')}`);
    const watch = await start(
      ['--bucket', store.url, '--store', 's3', '--rules-ttl', '1s', '-o', output(), '--exec', command],
      { env: clock.env },
    );
    await until('the command has failed', () => linesWith(watch, /^command failed$/).length === 1, PATIENCE);
    await clock.set('-8h');
    await until('the command is tried again', async () => (await linesOf(runs())).length >= 2, PATIENCE);
    await writeFile(all.at('works'), '');
    store.cors = { status: 200, body: documentFor(B) };
    await untilHas(output(), B);
    await until('the command has succeeded', isSettled, PATIENCE);
    await clock.set('+8h');
    store.cors = { status: 200, body: documentFor(C) };
    await untilHas(output(), C);
  });
});

describe('the command line of a watched export', () => {
  test('needs a file, and takes no source that can be read only once', async () => {
    const line = async (...words: string[]) => (await ended(['export', 'nginx', ...words])).stderr;
    expect(await line('--watch', '--rules', rules())).toContain('--output is missing');
    expect(await line('--watch', '-o', output(), '--rules', '-')).toContain('--rules is standard input');
    expect(await line('--watch', '-o', output(), '--rules', rules())).toContain('--store is missing');
    expect(await line('--exec', 'true', '--rules', rules())).toContain(
      '--exec has a meaning only with --watch',
    );
  });
});
