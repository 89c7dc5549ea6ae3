// Compares nginx with an export beside nginx with CORS written by hand for the same rules, and times the export of large
// rules. All rows come from one run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byHand, differentRules, exported, ONE_RULE, underWildcard } from './lib/by-hand.ts';
import { type Contestant, cell, check, type Kind } from './lib/contestants.ts';
import { cpuRatioCell, median, met } from './lib/goals.ts';
import { describeMachine, type Places, places, versionOf, whereIs } from './lib/machine.ts';
import { startBucket, startDirectives } from './lib/nginx.ts';
import { watchNoise } from './lib/noise.ts';
import { measure, roundsOr } from './lib/rounds.ts';
import { figureCell, HEADINGS } from './lib/table.ts';
import { CONNECTIONS } from './lib/wrk.ts';

const ROUNDS = roundsOr(6);
/** No larger object: CORS adds the same to each of them. */
const KINDS = ['preflight', '1k'] as const satisfies readonly Kind[];

/** By name: the rules, and the least ratio of CPU times. */
const CASES = [
  { id: 'one', title: 'one rule of 3 origins', rules: ONE_RULE, least: 0.95 },
  { id: 'many', title: '20 rules of 5 origins', rules: differentRules(20), least: 0.9 },
  { id: 'one-wild', title: 'one rule, a wildcard', rules: underWildcard(ONE_RULE), least: 0.95 },
  { id: 'many-wild', title: '20 rules, wildcards', rules: underWildcard(differentRules(20)), least: 0.9 },
] as const;

/** The rules whose export is timed, and its limit in milliseconds. */
const LARGE = differentRules(100, 10);
const EXPORT_LIMIT = 1_000;

async function main(): Promise<void> {
  timeExport();
  const nginx = whereIs('nginx');
  const wrk = whereIs('wrk');
  if (nginx === null || wrk === null) {
    const missing = [nginx === null ? 'nginx' : [], wrk === null ? 'wrk' : []].flat().join(' and ');
    console.log(`\nexports are not measured: install ${missing} (Debian: apt-get install nginx wrk)`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'bucket-cors-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await compare(nginx, wrk, folder, places());
}

async function compare(nginx: string, wrk: string, folder: string, where: Places): Promise<void> {
  const noise = watchNoise(where);
  const bucket = await startBucket(nginx, folder, where.bucket);
  const contestants: Contestant[] = [];
  for (const { id, title, rules } of CASES) {
    const start = (kind: 'hand' | 'export') =>
      startDirectives(
        nginx,
        join(folder, `${id}-${kind}`),
        where.server,
        bucket.url,
        kind === 'hand' ? byHand(rules) : exported(rules),
      );
    contestants.push(
      cell(`${id}-hand`, `${title}, by hand`, await start('hand'), { kinds: KINDS }),
      cell(`${id}-export`, `${title}, **exported**`, await start('export'), { kinds: KINDS }),
    );
  }
  for (const one of contestants) await check(one);
  const samples = await measure(contestants, ROUNDS, where.load);
  const disturbed = noise();
  for (const { server } of contestants) await server.close();
  await bucket.close();

  console.log(
    `\nnginx with an export: the server's CPU time for a request, the least of ${ROUNDS} slices in turn in one run; in ` +
      `brackets the median and the throughput over ${CONNECTIONS} connections. Ratios: the CPU time by hand divided by ` +
      'that of the export, of the least, which is judged, and of the medians',
  );
  console.log(`${describeMachine(where)}\nnginx ${versionOf(nginx, '-v')}, wrk ${versionOf(wrk, '-v')}\n`);
  const rows = [
    ['', ...KINDS.map((kind) => HEADINGS[kind])],
    ['---', ...KINDS.map(() => '---')],
    ...contestants.map(({ id, title }) => [title, ...KINDS.map((kind) => figureCell(samples, id, kind))]),
    ...CASES.map(({ id, title, least }) => [
      `ratio, ${title}`,
      ...KINDS.map((kind) => cpuRatioCell(samples(`${id}-export`, kind), samples(`${id}-hand`, kind), least)),
    ]),
  ];
  console.log(rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n'));
  console.log(`\n${disturbed}`);
}

function timeExport(): void {
  const taken = Array.from({ length: 7 }, () => {
    const began = performance.now();
    exported(LARGE);
    return performance.now() - began;
  });
  const [first = 0] = taken;
  console.log(
    `\nexport of 100 rules of 10 origins for nginx: ${median(taken).toFixed(0)} ms, at first ${first.toFixed(0)} ms, ` +
      `under ${EXPORT_LIMIT}: ${met(first < EXPORT_LIMIT)}`,
  );
}

await main();
