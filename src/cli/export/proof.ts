import type { Facts } from '../../cors/decide.ts';
import type { Outcome } from '../../export/outcome.ts';
import type { Written } from '../../export/target.ts';
import type { Proof, ProofDifference } from '../../node/prove/prove.ts';
import type { Prover } from '../../node/prove/prover.ts';
import type { Terminal } from '../command.ts';
import { visible } from '../formats/paint.ts';
import { patiently } from '../patience.ts';

/** Milliseconds for a whole proof, the start of the program included. */
const LIMIT = 120_000;
/** Differences that a person reads; `--format json` has more. */
const SHOWN = 5;

/** A proof; or why it could not be made, a line each. */
export type Proving =
  | { readonly ok: true; readonly value: Proof }
  | { readonly ok: false; readonly lines: readonly string[] };

/**
 * Runs an export on its real program. A signal to end this process ends the program first: its folder is removed, then
 * this process ends by the signal. A second signal ends it at once.
 */
export async function proveExport(
  prover: Prover,
  write: (bucketUrl: string) => Written,
  terminal: Terminal,
  { count, limit = LIMIT }: { readonly count: number | undefined; readonly limit?: number },
): Promise<Proving> {
  if (!(await prover.isInstalled())) {
    const cure = prover.install === '' ? '' : `; install it: ${prover.install}`;
    return failure(`--prove needs ${prover.program}, which is not installed here${cure}`);
  }
  const { prove } = await import('../../node/prove/prove.ts');
  const ending = endings();
  // Timers run by the monotonic clock.
  const late = AbortSignal.timeout(limit);
  try {
    const proving = prove(prover, write, {
      signal: AbortSignal.any([ending.signal, late]),
      ...(count !== undefined && { count }),
    });
    return {
      ok: true,
      value: await patiently(proving, `bucket-cors: ${prover.program} answers …`, terminal),
    };
  } catch (error) {
    if (late.aborted)
      return failure(`--prove: ${prover.program} did not answer all requests within ${limit / 1000} seconds`);
    return failure(`--prove: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    ending.close();
  }
}

const failure = (line: string): Proving => ({ ok: false, lines: [line] });

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A signal of the first SIGINT, SIGTERM or SIGHUP to this process. */
function endings(): { readonly signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  let ended: NodeJS.Signals | null = null;
  const listeners = SIGNALS.map((name) => {
    const end = () => {
      ended = name;
      controller.abort(new Error(`${name} ended it`));
      forget();
    };
    return [name, end] as const;
  });
  // Without a listener the next signal ends this process.
  const forget = () => {
    for (const [name, end] of listeners) process.off(name, end);
  };
  for (const [name, end] of listeners) process.on(name, end);
  return {
    signal: controller.signal,
    close: () => {
      forget();
      if (ended !== null) process.kill(process.pid, ended);
    },
  };
}

/** The table of a proof, and its first differences. */
export function proofLines({
  program,
  requests,
  differences,
  shown,
  omitted,
  milliseconds,
}: Proof): readonly string[] {
  const rows = [
    ['program', 'requests', 'differences', 'milliseconds'],
    [program, ...[requests, differences, milliseconds].map(String)],
  ];
  const widths = [0, 1, 2, 3].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  );
  const first = shown.slice(0, SHOWN);
  const more = differences - first.length;
  return [
    ...table,
    ...omitted.map((one) => `not asked: ${visible(one)}`),
    ...first.flatMap(differenceLines),
    ...(more > 0 && first.length > 0
      ? ['', `and ${more} more ${more === 1 ? 'difference' : 'differences'}`]
      : []),
  ];
}

function differenceLines({ request, path, expected, seen, what }: ProofDifference): readonly string[] {
  return [
    '',
    ...requestLines(request, path).map((line) => `  ${visible(line)}`),
    `  ${visible(what)}`,
    ...outcomeLines('expected', expected),
    ...(seen === null ? [] : outcomeLines('seen', seen)),
  ];
}

function requestLines(
  { method, origin, requestMethod, requestHeaders }: Facts,
  path: string,
): readonly string[] {
  const line = (name: string, value: string | null) => (value === null ? [] : [`${name}: ${value}`]);
  return [
    `${method} ${path}`,
    ...line('Origin', origin),
    ...line('Access-Control-Request-Method', requestMethod),
    ...line('Access-Control-Request-Headers', requestHeaders),
  ];
}

function outcomeLines(word: string, { status, headers }: Outcome): readonly string[] {
  const lines = [
    ...(status === null ? [] : [String(status)]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return [
    `    ${word}:`,
    ...(lines.length === 0 ? ['no CORS headers'] : lines).map((line) => `      ${visible(line)}`),
  ];
}
