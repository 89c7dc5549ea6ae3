import { fileURLToPath } from 'node:url';
import { explainRequest } from '../admin/explain.ts';
import { OPTIONS, type OptionName } from '../config/options.ts';
import { type Config, fromVariables, type Given, type GivenOptions, readConfig } from '../config/read.ts';
import type { BucketPlace } from '../config/values.ts';
import type { Fault } from '../document/fault.ts';
import { type DemoFacts, openDemo } from '../node/demo/server.ts';
import { portMessage, type Running, start } from '../node/start.ts';
import { startFault, startFaultLines } from '../node/start-fault.ts';
import { readFlags } from './flags.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const EXAMPLE_BUCKET = fileURLToPath(new URL('../../examples/bucket', import.meta.url));

const NO_BUCKET: Fault = {
  place: '--bucket',
  reason: 'is missing: there is no bucket to serve',
  write: '--bucket https://my-bucket.oss-cn-hangzhou.aliyuncs.com, or try "bucket-cors demo" without one',
};

/** The demo page is another origin: it needs a port of its own. */
function sharedDemoPort({ bucket, port, adminPort, demoPort }: GivenOptions): readonly Fault[] {
  const text = (given: Given | undefined, name: OptionName): string | null =>
    given?.text ?? OPTIONS[name].default;
  const page = text(demoPort, 'demoPort');
  if (bucket !== undefined || page === '0') return [];
  if (page !== text(port, 'port') && page !== text(adminPort, 'adminPort')) return [];
  const place = demoPort?.place ?? '--demo-port';
  return [
    { place, value: String(page), reason: 'is the port of the edge or of admin', write: 'another port' },
  ];
}

/** Serves the configured bucket until a signal comes. */
export async function serve(args: readonly string[], env: Environment): Promise<void> {
  const config = configure(args, env, (given) => (given.bucket === undefined ? [NO_BUCKET] : []));
  if (config?.bucket) await run(async () => runningEdge(config, config.bucket as BucketPlace));
}

/** The same; without a bucket, an example bucket with a demo page on another origin. */
export async function demo(args: readonly string[], env: Environment): Promise<void> {
  const config = configure(args, env, sharedDemoPort);
  if (config === null) return;
  const { bucket } = config;
  await run(async () => (bucket === null ? runningDemo(config) : runningEdge(config, bucket)));
}

interface Served {
  readonly lines: readonly string[];
  close(): Promise<void>;
}

/** Null after telling all faults at once. */
function configure(
  args: readonly string[],
  env: Environment,
  faultsOf: (given: GivenOptions) => readonly Fault[],
): Config | null {
  const flags = readFlags(args);
  const given = { ...fromVariables(env), ...flags.given };
  const read = readConfig(given);
  const faults = [...flags.faults, ...('faults' in read ? read.faults : []), ...faultsOf(given)];
  if ('config' in read && faults.length === 0) return read.config;
  for (const { place, value, reason, write } of faults) {
    console.error(
      `bucket-cors: ${place}${value === undefined ? '' : ` "${value}"`} ${reason}; write ${write}`,
    );
  }
  process.exitCode = 2;
  return null;
}

async function runningEdge(config: Config, bucket: BucketPlace): Promise<Served> {
  const running = await start({ ...config, bucket });
  return { lines: linesOf(running), close: running.close };
}

async function runningDemo(config: Config): Promise<Served> {
  let page = '';
  const running: Running = await start(
    { ...config, bucket: { kind: 'folder', path: EXAMPLE_BUCKET } },
    {
      alongside: async (edge) => {
        const demo = await openDemo({
          host: config.host,
          port: config.demoPort,
          edge,
          explain: (facts) => explainTo(running, facts),
        }).catch((error) => {
          throw startFault([portMessage(error, config.host, config.demoPort, '--demo-port')]);
        });
        page = demo.url;
        return demo.close;
      },
    },
  );
  return { lines: [...linesOf(running), `demo page ${page}  (open it in a browser)`], close: running.close };
}

/** What the demo page asks: with requested headers, though none, a preflight is meant. */
async function explainTo(
  { cache, bucket }: Running,
  { requestHeaders, ...facts }: DemoFacts,
): Promise<unknown> {
  const headers = requestHeaders === undefined ? {} : { headers: requestHeaders };
  const explained = explainRequest(await cache.current(bucket), { ...facts, ...headers });
  if ('faults' in explained) return explained;
  return requestHeaders === undefined ? explained.actual : explained.preflight;
}

const linesOf = ({ url, adminUrl, bucket }: Running): string[] => [
  `edge      ${url}  (bucket: ${bucket.name}, rules: ${bucket.source.name})`,
  `admin     ${adminUrl}`,
];

/** Says where things are, and ends well at the first SIGTERM or SIGINT. Log lines go to standard output, this to standard error. */
async function run(open: () => Promise<Served>): Promise<void> {
  try {
    const { lines, close } = await open();
    for (const line of lines) console.error(line);
    const end = () => {
      process.off('SIGTERM', end).off('SIGINT', end);
      void close().then(() => process.exit(0));
    };
    process.on('SIGTERM', end).on('SIGINT', end);
  } catch (error) {
    const lines = startFaultLines(error);
    if (lines === null) throw error;
    for (const line of lines) console.error(`bucket-cors: ${line}`);
    process.exitCode = 1;
  }
}
