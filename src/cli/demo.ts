import { fileURLToPath } from 'node:url';
import { explainRequest } from '../admin/explain.ts';
import { onlyBucket } from '../config/file.ts';
import { OPTIONS, type OptionName } from '../config/options.ts';
import type { Config, Given, GivenOptions } from '../config/read.ts';
import type { Fault } from '../document/fault.ts';
import { type DemoFacts, openDemo } from '../node/demo/server.ts';
import { portMessage } from '../node/port.ts';
import { type Running, start } from '../node/start.ts';
import { startFault } from '../node/start-fault.ts';
import { configure, type Environment } from './configure.ts';
import { run, type Served } from './run.ts';
import { linesOf, serve } from './serve.ts';

const EXAMPLE_BUCKET = fileURLToPath(new URL('../../examples/bucket', import.meta.url));

/** `serve`, with a bucket to fall back on: an example, and a page on another origin that shows CORS happening. */
export async function demo(args: readonly string[], env: Environment): Promise<void> {
  const configured = await configure(args, env, (given) => [...sharedDemoPort(given), ...unreachable(given)]);
  if (configured === null) return;
  const { config } = configured;
  if (config.bucket !== null || config.config !== null) return serve(args, env);
  await run(() => openExample(config), null);
}

/** The demo page is another origin: it needs a port of its own. */
function sharedDemoPort({ bucket, config, port, adminPort, demoPort }: GivenOptions): readonly Fault[] {
  const text = (given: Given | undefined, name: OptionName): string | null =>
    given?.text ?? OPTIONS[name].default;
  const page = text(demoPort, 'demoPort');
  if (bucket !== undefined || config !== undefined || page === '0') return [];
  if (page !== text(port, 'port') && page !== text(adminPort, 'adminPort')) return [];
  const place = demoPort?.place ?? '--demo-port';
  return [
    { place, value: String(page), reason: 'is the port of the edge or of admin', write: 'another port' },
  ];
}

/** A browser opens no Unix socket. */
function unreachable({ bucket, config, socket }: GivenOptions): readonly Fault[] {
  if (bucket !== undefined || config !== undefined || socket === undefined) return [];
  const reason = 'is where the demo page can reach no edge';
  return [{ place: socket.place, value: socket.text, reason, write: '--port, or a --bucket to serve' }];
}

async function openExample(config: Config): Promise<Served> {
  let page = '';
  const bucket = onlyBucket({ ...config, bucket: { kind: 'folder', path: EXAMPLE_BUCKET } });
  const running: Running = await start(config, [bucket], {
    alongside: async (edge) => {
      const { host, demoPort: port } = config;
      const explain = (facts: DemoFacts) => explainTo(running, facts);
      const opened = await openDemo({ host, port, edge, explain }).catch((error) => {
        throw startFault([portMessage(error, host, port, '--demo-port')]);
      });
      page = opened.url;
      return opened.close;
    },
  });
  return { running, lines: [...linesOf(running), `demo page ${page}  (open it in a browser)`] };
}

/** What the demo page asks: with requested headers, though none, a preflight is meant. */
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
