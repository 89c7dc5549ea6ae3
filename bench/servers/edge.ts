import { createEdge } from '../../src/edge/app.ts';
import {
  askForRules,
  bucketSource,
  createRulesCache,
  isAddress,
  parseAddress,
  type RuledBucket,
  rulesUrl,
} from '../../src/index.ts';
import { loadDomains } from '../../src/node/domains.ts';
import { listen } from '../../src/node/server/listen.ts';
import { edgeListener } from '../../src/node/transport/exchange.ts';
import { createPools } from '../../src/node/transport/pools.ts';
import { readByPools } from '../../src/node/transport/small-read.ts';
import { renewal } from '../../src/rules/refresh.ts';

/** Milliseconds. */
const REFRESH_EVERY = 10;

// The edge as a child process, in front of the bucket at the address in its argument. After the message `refresh` it loads
// the rules every 10 ms, until the message `rest`. It answers each message with its CPU time and its counts of loads.
const address = parseAddress(process.argv[2] ?? '');
if (!isAddress(address)) throw new Error(address.reason);
const cache = createRulesCache({ ttl: 3_600_000, maxStale: 0, domains: loadDomains });
const source = bucketSource(rulesUrl(address), askForRules(address, readByPools(createPools().pools)));
let loads = 0;
let failed = 0;
let waited = 0;
const bucket: RuledBucket = {
  name: 'b',
  source: {
    ...source,
    load: (signal, previous) => {
      loads += 1;
      return source.load(signal, previous);
    },
  },
  behaviour: { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false },
};
await cache.current(bucket);
const app = createEdge({
  buckets: [
    {
      name: 'b',
      address,
      rules: {
        current: (background) => {
          const found = cache.current(bucket, background);
          if (found instanceof Promise) waited += 1;
          return found;
        },
        refresh: (background) => renewal(cache.renew(bucket), background),
      },
    },
  ],
  observe: () => undefined,
  onError: (error) => {
    throw error;
  },
  edgeId: '00000000',
  debugReason: false,
});
const { url } = await listen(
  edgeListener(() => app, createPools().pools),
  { host: '127.0.0.1', port: 0 },
);

async function refresh(): Promise<void> {
  await cache.refresh(bucket);
  if (cache.status('b').failure !== null) failed += 1;
}

let refreshing: ReturnType<typeof setInterval> | undefined;
process.on('message', (message) => {
  clearInterval(refreshing);
  if (message === 'refresh') refreshing = setInterval(() => void refresh(), REFRESH_EVERY);
  const { user, system } = process.cpuUsage();
  process.send?.({ microseconds: user + system, loads, failed, waited });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ url });
