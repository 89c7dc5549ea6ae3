import { fileURLToPath } from 'node:url';
import { explainRequest } from '../admin/explain.ts';
import { onlyBucket } from '../config/file.ts';
import { OPTIONS, type OptionName } from '../config/options.ts';
import type { Given, GivenOptions } from '../config/read.ts';
import { fromVariables } from '../config/variables.ts';
import type { Fault } from '../document/fault.ts';
import { type DemoFacts, openDemo } from '../node/demo/server.ts';
import { inPackage } from '../node/package.ts';
import { portMessage, speltBy } from '../node/server/listen-fault.ts';
import { type Running, start } from '../node/start.ts';
import { startFault } from '../node/start-fault.ts';
import { keyOf } from '../rules/ruled-bucket.ts';
import type { Arguments, Ending, Terminal } from './command.ts';
import { type Configured, configure, type Environment } from './configure.ts';
import { givenBy } from './flags.ts';
import { run, type Served } from './run.ts';
import { linesOf, serveBuckets } from './serve-buckets.ts';

const EXAMPLE_BUCKET = fileURLToPath(inPackage('examples/bucket'));

/** Serves the example bucket and the demo page; with a bucket, a store or a configuration file the same as `serve`. */
export async function serveDemo(args: Arguments, terminal: Terminal): Promise<Ending> {
  const { env } = terminal;
  const { bucket, storeUrl, config } = { ...fromVariables(env), ...givenBy(args) };
  if (bucket !== undefined || storeUrl !== undefined || config !== undefined)
    return serveBuckets(args, terminal);
  const configured = await configure(args, env, (given) => [...sharedDemoPort(given), ...unreachable(given)]);
  if (!configured.ok) return configured.faults;
  await run(() => openExample(configured.value, env), null);
  return 'serving';
}

/** The demo page has to be another origin, so it needs another port. */
function sharedDemoPort({ port, adminPort, demoPort }: GivenOptions): readonly Fault[] {
  const text = (given: Given | undefined, name: OptionName): string | null =>
    given?.text ?? OPTIONS[name].default;
  const page = text(demoPort, 'demoPort');
  if (page === '0') return [];
  if (page !== text(port, 'port') && page !== text(adminPort, 'adminPort')) return [];
  const place = demoPort?.place ?? '--demo-port';
  return [
    { place, value: String(page), reason: 'is the port of the edge or of admin', write: 'another port' },
  ];
}

/** A browser cannot connect to a Unix socket. */
function unreachable({ socket }: GivenOptions): readonly Fault[] {
  if (socket === undefined) return [];
  const reason = 'cannot be reached by the demo page';
  return [{ place: socket.place, value: socket.text, reason, write: '--port, or a --bucket to serve' }];
}

async function openExample({ config, places, warnings }: Configured, env: Environment): Promise<Served> {
  let page = '';
  const bucket = onlyBucket({ ...config, bucket: { kind: 'folder', path: EXAMPLE_BUCKET } });
  const running: Running = await start(config, [bucket], {
    env,
    places,
    warnings,
    alongside: async (edge, admin) => {
      const { host, demoPort: port, ownHosts } = config;
      const explain = (facts: DemoFacts) => explainTo(running, facts);
      const names = ownHosts ?? [];
      const version = () => versionOf(running);
      const opened = await openDemo({ host, port, names, edge, admin, version, explain }).catch((error) => {
        throw startFault([portMessage(error, { host, port }, speltBy(places, 'host', 'demoPort'))]);
      });
      page = opened.url;
      return opened.close;
    },
  });
  running.log.info({ page }, 'demo page started');
  const lines = [...linesOf(running), `demo page ${page}  (open it in a browser)`];
  return { running, lines, delay: config.shutdownDelay };
}

/** The version of the rules in force. */
function versionOf({ cache, buckets }: Running): string | null {
  const [bucket] = buckets();
  return bucket === undefined ? null : (cache.status(keyOf(bucket)).lastGood?.version ?? null);
}

/** Explains a request of the demo page; requested headers, even an empty list, ask about its preflight. */
async function explainTo(
  { cache, buckets }: Running,
  { requestHeaders, ...facts }: DemoFacts,
): Promise<unknown> {
  const [bucket] = buckets();
  if (bucket === undefined) return null;
  const headers = requestHeaders === undefined ? {} : { headers: requestHeaders };
  const explained = explainRequest(await cache.current(bucket), { ...facts, ...headers });
  if ('faults' in explained) return explained;
  return requestHeaders === undefined ? explained.actual : explained.preflight;
}
