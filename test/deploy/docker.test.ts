import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NODE } from '../cli/_process.ts';
import { freePort } from '../helpers/listen.ts';
import { presence } from '../helpers/program.ts';
import { rule } from '../helpers/rules.ts';
import { until } from '../helpers/until.ts';
import { openUpstream, type Upstream } from '../helpers/upstream.ts';
import { call } from '../node/_running.ts';
import { execute, pack, recipe } from './_recipes.ts';

const BWRAP = presence('bwrap', '--version', 'bubblewrap');
/** Whether this user may make namespaces: in a container that is often forbidden. */
const mayContain =
  BWRAP.skipped ||
  spawnSync('bwrap', ['--ro-bind', '/', '/', '--unshare-user', '--unshare-pid', '--as-pid-1', 'true'])
    .status === 0;
const why = mayContain ? BWRAP.why : ' (skipped: this user may make no namespaces)';

/** The instructions of the image, the last stage first joined to whole lines. */
interface Image {
  readonly install: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly stopSignal: string;
}

/** Reads the Dockerfile: the instructions that say how the image runs. */
async function readImage(): Promise<Image> {
  const text = (await readFile(recipe('docker/Dockerfile'), 'utf8')).replaceAll('\\\n', ' ');
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
  const of = (name: string, among = last) => {
    const found = among.find((line) => line.startsWith(`${name} `));
    if (found === undefined) throw new Error(`the Dockerfile has no ${name}`);
    return found.slice(name.length + 1);
  };
  const words = of('ENV')
    .split(' ')
    .map((word) => word.split('=') as [string, string]);
  return {
    install: of('RUN', lines),
    environment: Object.fromEntries(words),
    user: of('USER'),
    entrypoint: JSON.parse(of('ENTRYPOINT')),
    command: JSON.parse(of('CMD')),
    healthcheck: JSON.parse(/CMD (\[.*\])$/.exec(of('HEALTHCHECK'))?.[1] ?? ''),
    stopSignal: of('STOPSIGNAL'),
  };
}

describe.skipIf(BWRAP.skipped || !mayContain)(`the image, in a namespace of its own${why}`, () => {
  let folder: string;
  let image: Image;
  let bucket: Upstream;
  let port: number;
  let adminPort: number;
  let container: ChildProcess;
  let said = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bucket-cors-image-'));
    image = await readImage();
    const context = join(folder, 'context');
    await mkdir(context);
    await mkdir(join(folder, 'app'));
    await copyFile(await pack(folder), join(context, 'package.tgz'));
    // The line of the Dockerfile, with folders of this machine.
    const install = image.install
      .replaceAll('/context', context)
      .replaceAll('/app', join(folder, 'app'))
      .replace('/state', join(folder, 'state'));
    await execute('sh', ['-ec', install], {
      cwd: context,
      env: { ...process.env, PACKAGE: './package.tgz' },
    });
    bucket = await openUpstream({
      rules: [rule({ allowedOrigins: ['https://a.example'] })],
      responseVary: false,
    });
    [port, adminPort] = [await freePort(), await freePort()];
    container = spawn('bwrap', [
      ...contained(),
      ...image.entrypoint,
      ...image.command,
      '--bucket',
      bucket.url,
    ]);
    for (const stream of [container.stdout, container.stderr])
      stream?.on('data', (chunk: Buffer) => {
        said += chunk;
      });
    await until('it listens', () => said.includes('admin ') || container.exitCode !== null, 15_000);
  }, 120_000);
  afterAll(async () => {
    container?.kill('SIGKILL');
    await bucket?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Arguments of bwrap: a read-only root with the system's libraries, Node and the installed package, and no rights. */
  function contained(): readonly string[] {
    const [uid = '', gid = ''] = image.user.split(':');
    const variables = { ...image.environment, PORT: String(port), ADMIN_PORT: String(adminPort) };
    return [
      ...['--ro-bind', '/usr', '/usr', '--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64'],
      ...['--ro-bind', '/etc', '/etc', '--proc', '/proc', '--dev', '/dev'],
      ...[
        '--ro-bind',
        join(folder, 'app'),
        '/app',
        '--ro-bind',
        NODE,
        '/nodejs/bin/node',
        '--remount-ro',
        '/',
      ],
      ...['--unshare-user', '--uid', uid, '--gid', gid, '--cap-drop', 'ALL', '--unshare-pid', '--as-pid-1'],
      ...['--die-with-parent', '--chdir', '/app', '--clearenv'],
      ...Object.entries(variables).flatMap(([name, text]) => ['--setenv', name, text]),
    ];
  }

  /** Runs a command in a container of the same kind, with the same network. */
  const inContainer = (command: readonly string[], variables: Readonly<Record<string, string>> = {}) =>
    execute('bwrap', [
      ...contained(),
      ...Object.entries(variables).flatMap(([name, text]) => ['--setenv', name, text]),
      ...command,
    ]).then(
      ({ stdout }) => ({ code: 0, text: stdout }),
      ({ code, stderr }) => ({ code: code as number, text: String(stderr) }),
    );

  test('serves as PID 1, with a user that may write nothing', async () => {
    const answered = await call(`http://127.0.0.1:${port}/a`, { headers: { Origin: 'https://a.example' } });
    expect(answered.headers).toMatchObject({ 'access-control-allow-origin': 'https://a.example' });
    expect(answered.text).toBe('the object');
    const script = "require('fs').writeFileSync('/app/x', '')";
    expect(await inContainer(['/nodejs/bin/node', '-e', script])).toMatchObject({
      code: 1,
      text: expect.stringContaining('EROFS'),
    });
    const who = 'console.log(process.getuid(), process.getgid(), process.pid)';
    expect(await inContainer(['/nodejs/bin/node', '-e', who])).toEqual({ code: 0, text: '65532 65532 1\n' });
  });

  test('has a health check that succeeds, and that fails where no edge answers', async () => {
    expect(await inContainer(image.healthcheck)).toEqual({ code: 0, text: '' });
    expect(await inContainer(image.healthcheck, { ADMIN_PORT: String(await freePort()) })).toMatchObject({
      code: 1,
    });
  });

  test('ends by its stop signal, with a request in flight answered', async () => {
    let release = () => {};
    bucket.script = ({ target }, _, outgoing) => {
      // One that the edge accepts before it has seen the signal must not wait too.
      if (target !== '/slow') return void outgoing.end('here');
      outgoing.writeHead(200, { 'Content-Length': '4' }).write('th');
      release = () => outgoing.end('en');
    };
    const answered = call(`http://127.0.0.1:${port}/slow`);
    await until('the bucket answers', () => bucket.asked.some(({ target }) => target === '/slow'));
    const ended = once(container, 'exit');
    await signalInside(container, image.stopSignal);
    const isRefused = () =>
      call(`http://127.0.0.1:${port}/a`).then(
        () => false,
        () => true,
      );
    while (!(await isRefused())) await new Promise((resolve) => setTimeout(resolve, 20));
    release();
    expect((await answered).text).toBe('then');
    expect(await ended).toEqual([0, null]);
  });
});

/** Sends a signal to PID 1 of a container, the child of bwrap, as a container runtime does. */
async function signalInside({ pid }: ChildProcess, signal: string): Promise<void> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const child = Number(children.trim().split(' ')[0]);
  process.kill(child, signal as NodeJS.Signals);
}
