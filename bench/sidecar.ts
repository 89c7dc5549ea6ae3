/**
 * The installed package beside bare `node:http`: resident memory when idle, and CPU time until it is ready. Packs the
 * package and links the dependencies of this checkout, so that no network is needed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { installPacked } from '../test/cli/_packed.ts';

const STARTS = 5;
const MOST_MB = 70;
const MOST_MS = 400;
/** Milliseconds after which a process counts as idle. */
const IDLE = 3_000;
/** Milliseconds in which a process has to be ready. */
const READY = 30_000;
/** A tick of `/proc/PID/stat` in milliseconds. */
const TICK = 10;

const RULES =
  '<CORSConfiguration><CORSRule><AllowedOrigin>https://a.example</AllowedOrigin>' +
  '<AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>';
const BARE = `
const http = process.getBuiltinModule('node:http');
const server = http.createServer((_, response) => response.end('hello'));
server.listen(0, '127.0.0.1', () => console.error('edge http://127.0.0.1:' + server.address().port));`;

interface Cost {
  readonly megabytes: number;
  readonly milliseconds: number;
}

async function costOf(args: readonly string[]): Promise<Cost> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const found = (word: string) => new RegExp(`^${word} +(http://\\S+)`, 'm').exec(said)?.[1];
  try {
    const until = performance.now() + READY;
    for (;;) {
      if (child.exitCode !== null || performance.now() > until) throw new Error(`it did not start: ${said}`);
      const url = found('admin')?.concat('/readyz') ?? found('edge');
      if (url !== undefined && (await fetch(url)).status === 200) break;
      await wait(5);
    }
    const milliseconds = await cpuOf(child.pid);
    await (await fetch(`${found('edge')}/object`, { headers: { Origin: 'https://a.example' } })).text();
    await wait(IDLE);
    return { megabytes: await residentOf(child.pid), milliseconds };
  } finally {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

/** User and system time of a process (proc_pid_stat(5), fields 14 and 15). */
async function cpuOf(pid = 0): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const [user = '', system = ''] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * TICK;
}

async function residentOf(pid = 0): Promise<number> {
  const [, kilobytes = ''] = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

const bucket = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
await once(bucket, 'listening');
const address = bucket.address();
const port = typeof address === 'object' ? address?.port : 0;
const installed = await installPacked();
try {
  const rules = join(installed.folder, 'cors.xml');
  await writeFile(rules, RULES);
  const edge = `serve --port 0 --admin-port 0 --bucket http://127.0.0.1:${port} --rules ${rules}`.split(' ');
  const programs: readonly (readonly [string, readonly string[]])[] = [
    [
      'the installed package',
      [join(installed.folder, 'node_modules/bucket-cors/bin/bucket-cors.js'), ...edge],
    ],
    ['the sources', [fileURLToPath(new URL('../bin/bucket-cors.js', import.meta.url)), ...edge]],
    ['bare node:http', ['--input-type=module', '--eval', BARE]],
  ];
  const costs = new Map<string, Cost[]>(programs.map(([name]) => [name, []]));
  for (let start = 0; start < STARTS; start += 1)
    for (const [name, args] of programs) costs.get(name)?.push(await costOf(args));
  console.log(
    `idle resident memory after the first request, and CPU time until ready; ${STARTS} starts in turn`,
  );
  for (const [name, measured] of costs) {
    const memory = spread(measured.map(({ megabytes }) => megabytes));
    const cpu = spread(measured.map(({ milliseconds }) => milliseconds));
    const isGoal = name === 'the installed package';
    const judged = (least: number, most: number, unit: string) =>
      isGoal ? `, at most ${most} ${unit}: ${least <= most ? 'met' : 'MISSED'}` : '';
    console.log(
      `${name}: ${memory.median.toFixed(1)} MB (least ${memory.least.toFixed(1)})${judged(memory.median, MOST_MB, 'MB')}; ` +
        `${cpu.median} ms (least ${cpu.least})${judged(cpu.least, MOST_MS, 'ms')}`,
    );
  }
} finally {
  bucket.closeAllConnections();
  bucket.close();
  await installed.remove();
}

function spread(values: readonly number[]) {
  const sorted = values.toSorted((one, other) => one - other);
  return { least: sorted[0] ?? 0, median: sorted[Math.floor(sorted.length / 2)] ?? 0 };
}
