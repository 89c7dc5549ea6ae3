import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Running, startProgram } from '../../helpers/program.ts';
import { until } from '../../helpers/until.ts';
import { freePort } from '../_ports.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));
/** Milliseconds for an answer of Prometheus. */
const ANSWER_LIMIT = 10_000;
/** Milliseconds until it reads its own storage. */
const READY_LIMIT = 20_000;

const limit = () => AbortSignal.timeout(ANSWER_LIMIT);

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

/** Debian's Prometheus with the example's configuration. */
export interface Prometheus extends Running {
  /** Rejects if the expression cannot be evaluated. */
  query(expression: string): Promise<readonly Sample[]>;
  alerts(): Promise<readonly Alert[]>;
  /** The health of each alert's expression, by its name. */
  health(): Promise<Readonly<Record<string, string>>>;
}

/** Starts it for these admin ports. The example's intervals are shortened, and so are the times that alerts wait. */
export async function startPrometheus(targets: readonly string[]): Promise<Prometheus> {
  const port = await freePort();
  const running = await startProgram('prometheus', port, async (folder) => {
    await cp(join(EXAMPLES, 'prometheus'), folder, { recursive: true });
    await edit(join(folder, 'prometheus.yml'), (text) =>
      text.replace(/_interval: 15s/g, '_interval: 1s').replace("'127.0.0.1:8081'", targets.join(', ')),
    );
    await edit(join(folder, 'alerts.yaml'), (text) => text.replace(/for: \d+m$/gm, 'for: 1s'));
    return [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
  });

  // It listens before it answers queries.
  const isReady = async () => (await fetch(`${running.url}/-/ready`, { signal: limit() })).ok;
  await until('Prometheus is ready', isReady, READY_LIMIT);

  async function ask(path: string) {
    const answered = await fetch(`${running.url}/api/v1/${path}`, {
      signal: limit(),
    });
    const { status, data, error } = await answered.json();
    if (status !== 'success') throw new Error(`${decodeURIComponent(path)}: ${error}`);
    return data;
  }

  return {
    ...running,
    query: async (expression) => (await ask(`query?query=${encodeURIComponent(expression)}`)).result,
    alerts: async () => (await ask('alerts')).alerts,
    health: async () => {
      const { groups } = await ask('rules');
      const rules: readonly { name: string; health: string }[] = groups.flatMap(
        (group: { rules: unknown }) => group.rules,
      );
      return Object.fromEntries(rules.map(({ name, health }) => [name, health]));
    },
  };
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')));
}

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly id: number;
  readonly datasource?: unknown;
  readonly targets?: readonly { readonly expr: string; readonly datasource: unknown }[];
}

export interface Dashboard {
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
  readonly panels: readonly Panel[];
}

export const dashboard = async (): Promise<Dashboard> =>
  JSON.parse(await readFile(join(EXAMPLES, 'grafana/dashboard.json'), 'utf8'));

/** The expressions of the dashboard as Grafana sends them for all buckets. */
export const expressionsOf = ({
  panels,
}: Dashboard): readonly (readonly [title: string, expression: string])[] =>
  panels.flatMap(({ title, targets = [] }) =>
    targets.map(
      ({ expr }) => [title, expr.replaceAll('$bucket', '.*').replaceAll('$__rate_interval', '1m')] as const,
    ),
  );

/** The expressions of docs/metrics.md. */
export async function documented(): Promise<readonly string[]> {
  const text = await readFile(join(EXAMPLES, '../docs/metrics.md'), 'utf8');
  return [...text.matchAll(/^```promql\n([\s\S]*?)^```$/gm)].map(([, expression = '']) => expression);
}
