// Shows the Worker at work on this machine, offline: the example bucket, workerd before it, and the demo page.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openDemo } from '../src/node/demo/server.ts';
import { openDirectoryBucket } from '../src/node/directory/server.ts';

const HOST = '127.0.0.1';
const PORT = process.env.PORT ?? '8787';
const DEMO_PORT = Number(process.env.DEMO_PORT ?? 8082);
const EDGE = `http://${HOST}:${PORT}`;
const ADMIN = `${EDGE}/.well-known/bucket-cors`;
const TOKEN = randomUUID();
const START_LIMIT = 60_000;

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** What wrangler would ask the network for, and does well without. */
const OFFLINE = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
};

function startWrangler(bucketUrl: string): ChildProcess {
  const variables = [`BUCKET_URL:${bucketUrl}`, 'STORE:oss', `ADMIN_TOKEN:${TOKEN}`];
  const args = [
    path('../node_modules/wrangler/bin/wrangler.js'),
    ...['dev', '--ip', HOST, '--port', PORT, '--inspector-port', '0', '--show-interactive-dev-session=false'],
    ...variables.flatMap((variable) => ['--var', variable]),
  ];
  const env = { ...process.env, ...OFFLINE };
  return spawn(process.execPath, args, { cwd: path('..'), env, stdio: ['ignore', 'inherit', 'inherit'] });
}

const admin = (question: string): Promise<Response> =>
  fetch(`${ADMIN}${question}`, { headers: { Authorization: `Bearer ${TOKEN}` } });

async function isUp(wrangler: ChildProcess): Promise<void> {
  for (const end = Date.now() + START_LIMIT; Date.now() < end; ) {
    if (wrangler.exitCode !== null) throw new Error(`wrangler ended with ${wrangler.exitCode}`);
    const answered = await admin('/healthz').catch(() => null);
    if (answered?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`nothing answers at ${EDGE}`);
}

// Requests through the Worker look like this machine's own.
const bucket = await openDirectoryBucket({ folder: path('../examples/bucket'), rulesWritable: false });
const wrangler = startWrangler(bucket.url);
const ended = once(wrangler, 'exit');
let closeDemo = async () => {};

async function end(code: number): Promise<void> {
  process.off('SIGINT', stop).off('SIGTERM', stop);
  if (wrangler.exitCode === null && wrangler.signalCode === null) wrangler.kill('SIGINT');
  await ended;
  await closeDemo();
  await bucket.close();
  process.exit(code);
}
const stop = () => void end(0);
process.on('SIGINT', stop).on('SIGTERM', stop);

try {
  await isUp(wrangler);
  const demo = await openDemo({
    host: HOST,
    port: DEMO_PORT,
    edge: EDGE,
    admin: null,
    version: async () => {
      const answered = await admin('/rules').catch(() => null);
      const found = (await answered?.json()) as {
        readonly buckets?: readonly { readonly version: string }[];
      };
      return found?.buckets?.[0]?.version ?? null;
    },
    explain: async ({ requestHeaders, ...facts }) => {
      const headers = requestHeaders === undefined ? {} : { headers: requestHeaders };
      const answered = await admin(`/explain?${new URLSearchParams({ ...facts, ...headers })}`);
      const explained = (await answered.json()) as {
        readonly actual?: unknown;
        readonly preflight?: unknown;
      };
      if (!answered.ok) return explained;
      return requestHeaders === undefined ? explained.actual : explained.preflight;
    },
  });
  closeDemo = demo.close;
  console.error(`edge      ${EDGE}  (workerd, bucket: examples/bucket)`);
  console.error(`demo page ${demo.url}  (open it in a browser)`);
} catch (error) {
  console.error(`worker:dev: ${error instanceof Error ? error.message : String(error)}`);
  await end(1);
}
