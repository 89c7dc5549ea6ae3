import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { answer, type CompiledRules, compileRules, decide, type Facts, type Rule } from '../src/index.ts';
import { least } from './lib/goals.ts';
import { watchCpu } from './lib/processes.ts';
import { roundsOr } from './lib/rounds.ts';
import { startServer } from './lib/servers.ts';

const ROUNDS = roundsOr(10);
/** Requests of a round, and of the first one, in which V8 compiles the code for them. */
const REQUESTS = 5_000;
const WARM_UP_REQUESTS = 20_000;
const CONNECTIONS = 32;
/** Design goal of the rows with `goal`: the largest part of one request's time on the bare server. */
const GOAL = 1 / 20;

/** Typical rules: three origins each. Only the last rule matches the request. */
const rulesOf = (count: number, headers: string[]): CompiledRules => {
  const rules = Array.from(
    { length: count },
    (_, at): Rule => ({
      allowedOrigins: [
        `https://app-${at}.example.com`,
        `https://*.team-${at}.example.com`,
        `http://localhost:${3000 + at}`,
      ],
      allowedMethods: ['GET', 'PUT', 'HEAD'],
      allowedHeaders: headers,
      exposeHeaders: ['ETag', 'x-oss-request-id'],
      maxAgeSeconds: 600,
    }),
  );
  return compileRules(
    { rules, responseVary: false },
    { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false },
  );
};

const usual = rulesOf(10, ['content-type', 'authorization', 'x-oss-*']);
const many = rulesOf(100, ['content-type', 'authorization', 'x-oss-*']);
const same = compileRules(
  {
    rules: many.rules.map(({ rule }) => ({
      ...rule,
      allowedOrigins: ['https://app-9.example.com'],
      allowedHeaders: ['x-*'],
    })),
    responseVary: false,
  },
  many.behaviour,
);

const actual = (origin: string): Facts => ({
  method: 'GET',
  origin,
  requestMethod: null,
  requestHeaders: null,
});
const preflight = (origin: string, requestHeaders: string): Facts => ({
  method: 'OPTIONS',
  origin,
  requestMethod: 'PUT',
  requestHeaders,
});
const eightKb = Array.from({ length: 1170 }, (_, at) => `x-${at.toString(36).padStart(4, '0')}`).join(',');
const three = 'authorization,content-type,x-oss-date';

interface Row {
  readonly name: string;
  readonly goal: boolean;
  readonly work: () => unknown;
}

const row = (name: string, rules: CompiledRules, facts: Facts, goal = false): Row => ({
  name,
  goal,
  work: () => answer(rules, decide(rules, facts)),
});

const rows: readonly Row[] = [
  row('actual request, 10 rules, the last fits', usual, actual('https://app-9.example.com'), true),
  row(
    'preflight with 3 headers, 10 rules, the last fits',
    usual,
    preflight('https://app-9.example.com', three),
    true,
  ),
  row('actual request, 10 rules, a pattern of the last fits', usual, actual('https://a.team-9.example.com')),
  row('actual request, 10 rules, none fits', usual, actual('https://evil.example')),
  row('actual request, 100 rules, none fits', many, actual('https://evil.example')),
  row(
    'preflight with 8 KB of headers, 10 rules, refused',
    usual,
    preflight('https://app-9.example.com', eightKb),
  ),
  row(
    'preflight with 8 KB of headers, 100 rules, refused by each at its last name',
    same,
    preflight('https://app-9.example.com', `${eightKb},y`),
  ),
];

/** Returns the CPU time of one call in microseconds (`process.cpuUsage`). */
function measure({ work }: Row): number {
  let calls = 1;
  for (;;) {
    const before = process.cpuUsage();
    for (let at = 0; at < calls; at++) work();
    const { user, system } = process.cpuUsage(before);
    if (user + system > 50_000) return (user + system) / calls;
    calls *= 2;
  }
}

async function main(): Promise<void> {
  const program = fileURLToPath(new URL('./servers/bare.ts', import.meta.url));
  const bare = await startServer([process.execPath, program, JSON.stringify(['Content-Length', '0'])], []);
  const pool = new Pool(bare.url, { connections: CONNECTIONS });
  const load = async (requests = REQUESTS): Promise<number> => {
    const spent = watchCpu(bare.pid);
    let left = requests;
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        while (left-- > 0) await (await pool.request({ path: '/', method: 'GET' })).body.dump();
      }),
    );
    return spent() / requests;
  };

  await load(WARM_UP_REQUESTS);
  for (const one of rows) measure(one);
  const bareRounds: number[] = [];
  const rowRounds = new Map<Row, number[]>(rows.map((one) => [one, []]));
  for (let round = 0; round < ROUNDS; round++) {
    bareRounds.push(await load());
    for (const one of rows) rowRounds.get(one)?.push(measure(one));
  }
  await pool.close();
  await bare.close();

  const yardstick = least(bareRounds);
  console.log(
    `decide + answer against a bare node:http server, CPU time, the least of ${ROUNDS} rounds in one run`,
  );
  console.log(
    `Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores\n`,
  );
  console.log('| what | µs each | of one bare request | goal |');
  console.log('|---|---|---|---|');
  console.log(`| one request on a bare node:http server | ${yardstick.toFixed(2)} | 1 | |`);
  for (const [{ name, goal }, rounds] of rowRounds) {
    const time = least(rounds);
    const verdict = goal ? (time / yardstick <= GOAL ? 'at most 1/20: met' : 'at most 1/20: MISSED') : '';
    console.log(`| ${name} | ${time.toFixed(2)} | 1/${(yardstick / time).toFixed(1)} | ${verdict} |`);
  }
}

await main();
