/** A Ceph RADOS Gateway on loopback: one monitor, one OSD in memory and radosgw, in a temporary folder. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../helpers/listen.ts';
import { until } from '../helpers/until.ts';
import { program, SYSTEM_PATH } from './_programs.ts';

/** The suffix of virtual-hosted names: `media.s3.test` is the bucket `media`. */
export const DNS_NAME = 's3.test';

/** A user of a tenant: its bucket `media` is `team:media` for all others. */
export const TENANT = {
  name: 'team',
  accessKey: 'TENANTACCESSKEY00001',
  secretKey: 'tenantsecretkey00000000000000000000000001',
};

const START_LIMIT = 60_000;
const TOOL_LIMIT = 60_000;

export interface Keys {
  readonly accessKey: string;
  readonly secretKey: string;
}

const OWN_KEYS: Keys = {
  accessKey: 'TESTACCESSKEY0000001',
  secretKey: 'testsecretkey0000000000000000000000000001',
};

/** Keys of the same user, which an edge has as `env:CLIENT`. */
export const CLIENT_KEYS: Keys = {
  accessKey: 'CLIENTACCESSKEY00001',
  secretKey: 'client/secret+key0000000000000000000000002',
};

/** Keys of the same user, which an edge has as `env:OTHER`, for another bucket. */
export const OTHER_KEYS: Keys = {
  accessKey: 'OTHERACCESSKEY000001',
  secretKey: 'other/secret+key00000000000000000000000003',
};

/** Address and keys, which the setup provides to every test file. */
export interface Gateway extends Keys {
  readonly url: string;
}

export interface RunningGateway extends Gateway {
  stop(): Promise<void>;
}

interface Ports {
  readonly monitor: number;
  readonly gateway: number;
}

/**
 * The minimal configuration of Ceph: no authentication between its parts, one copy of each object. With the default
 * Paxos intervals each of the dozen pools that radosgw creates takes a second.
 */
const configuration = (folder: string, id: string, { monitor, gateway }: Ports): string => `
[global]
fsid = ${id}
mon initial members = a
mon host = v1:127.0.0.1:${monitor}
ms bind msgr2 = false
public network = 127.0.0.0/8
auth cluster required = none
auth service required = none
auth client required = none
auth allow insecure global id reclaim = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon max pg per osd = 1000
paxos propose interval = 0.05
paxos min wait = 0.01
mon data avail warn = 1
mon data avail crit = 1
osd crush chooseleaf type = 0
osd crush update on start = false
osd class update on start = false
run dir = ${folder}/run
admin socket = ${folder}/run/$name.$pid.asok
log file =
log to stderr = true
mon cluster log file =
pid file = ${folder}/run/$name.pid
crash dir = ${folder}/run
keyring = ${folder}/keyring
[mon.a]
mon data = ${folder}/mon
mon addr = 127.0.0.1:${monitor}
[osd.0]
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd op num shards = 1
osd op num threads per shard = 2
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${gateway} tcp_nodelay=1
rgw dns name = ${DNS_NAME}
rgw enable ops log = false
rgw thread pool size = 32
`;

/** Starts the gateway with one user. Rejects with the logs if a part does not start. */
export async function startGateway(): Promise<RunningGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'rgw-'));
  for (const name of ['mon', 'osd', 'run']) mkdirSync(join(folder, name));
  const daemons: ChildProcess[] = [];
  async function stop(): Promise<void> {
    const ended = daemons.filter(isRunning).map((daemon) => once(daemon, 'exit'));
    // SIGKILL loses nothing: their state is in memory.
    for (const daemon of daemons) daemon.kill('SIGKILL');
    await Promise.all(ended);
    await rm(folder, { recursive: true, force: true });
  }
  try {
    return { ...(await startIn(folder, daemons)), stop };
  } catch (error) {
    const logs = ['monitor', 'osd', 'radosgw'].map(
      (name) => `${name}:\n${tail(join(folder, `${name}.out`))}`,
    );
    await stop();
    throw new Error(`the Ceph gateway did not start: ${String(error)}\n${logs.join('\n')}`, { cause: error });
  }
}

async function startIn(folder: string, daemons: ChildProcess[]): Promise<Gateway> {
  const [id, osd] = [randomUUID(), randomUUID()];
  const ports = { monitor: await freePort(), gateway: await freePort() };
  const conf = join(folder, 'ceph.conf');
  writeFileSync(conf, configuration(folder, id, ports));
  writeFileSync(join(folder, 'keyring'), '');
  const environment = { PATH: SYSTEM_PATH, CEPH_CONF: conf };
  const tool = (name: string, ...args: string[]) =>
    promisify(execFile)(program(name), args, {
      env: environment,
      timeout: TOOL_LIMIT,
      killSignal: 'SIGKILL',
    });
  // A client that has no monitor map yet gets EPERM from a new monitor, and does not ask again.
  const ceph = async (...args: string[]) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await tool('ceph', ...args);
      } catch (error) {
        if (attempt === 5 || !String(error).includes('EPERM')) throw error;
      }
    }
  };
  const start = (name: string, file: string, ...args: string[]): ChildProcess => {
    const output = openSync(join(folder, `${name}.out`), 'a');
    // The kernel ends the daemon when this process ends, also after SIGKILL.
    const withThis = ['--pdeathsig', 'KILL', '--', program(file), ...args];
    const daemon = spawn(program('setpriv'), withThis, {
      env: environment,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    daemons.push(daemon);
    return daemon;
  };

  const map = join(folder, 'monmap');
  const monitor = `[v1:127.0.0.1:${ports.monitor}]`;
  await tool('monmaptool', '--create', '--addv', 'a', monitor, '--fsid', id, map);
  await tool('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map);
  start('monitor', 'ceph-mon', '-f', '-i', 'a');
  // The tool waits for the monitor by itself.
  await ceph('osd', 'new', osd);
  await tool('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd);
  await ceph('osd', 'crush', 'add', 'osd.0', '1.0', 'root=default', 'host=one');
  await startOsd(
    () => start('osd', 'ceph-osd', '-f', '-i', '0'),
    async () => (await ceph('osd', 'stat')).stdout.includes('1 up'),
  );
  const admin = (...args: string[]) => tool('radosgw-admin', '-n', 'client.rgw', ...args, '--uid=test');
  const keysOf = ({ accessKey, secretKey }: Keys) => [`--access-key=${accessKey}`, `--secret=${secretKey}`];
  await admin('user', 'create', '--display-name=Test', ...keysOf(OWN_KEYS));
  for (const keys of [CLIENT_KEYS, OTHER_KEYS]) await admin('key', 'create', ...keysOf(keys));
  const owner = [`--tenant=${TENANT.name}`, '--uid=owner', '--display-name=Owner'];
  const ownKeys = [`--access-key=${TENANT.accessKey}`, `--secret=${TENANT.secretKey}`];
  await tool('radosgw-admin', '-n', 'client.rgw', 'user', 'create', ...owner, ...ownKeys);
  const radosgw = start('radosgw', 'radosgw', '-f', '-n', 'client.rgw');
  await until(
    'radosgw listens or has ended',
    async () => !isRunning(radosgw) || (await accepts(ports.gateway)),
    START_LIMIT,
  );
  if (!isRunning(radosgw)) throw new Error(`radosgw ended with ${endOf(radosgw)}`);
  return { url: `http://127.0.0.1:${ports.gateway}`, ...OWN_KEYS };
}

/** Starts the OSD, again if it loses a race with a new monitor and ends with "wrong fsid". */
async function startOsd(start: () => ChildProcess, isUp: () => Promise<boolean>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const osd = start();
    await until('the OSD is up or has ended', async () => !isRunning(osd) || (await isUp()), START_LIMIT);
    if (isRunning(osd)) return;
    if (attempt === 3) throw new Error(`the OSD ended with ${endOf(osd)}`);
  }
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null;

const endOf = ({ exitCode, signalCode }: ChildProcess) => exitCode ?? signalCode;

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-20).join('\n');
  } catch {
    return '(not started)';
  }
}
