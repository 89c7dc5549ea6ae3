import { readFileSync } from 'node:fs';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

/** What wrangler.toml says of the runtime. */
const TOML = readFileSync(new URL('../wrangler.toml', import.meta.url), 'utf8');
const [, compatibilityDate = ''] = /^compatibility_date = "(.+)"$/m.exec(TOML) ?? [];
const [, flags = ''] = /^compatibility_flags = \[(.*)\]$/m.exec(TOML) ?? [];

export interface Isolate {
  /** Of workerd itself: the proxy that Miniflare puts before it in development would be measured too. */
  readonly url: string;
  close(): Promise<void>;
}

/** Runs one script in workerd, with these variables; resolves when it listens. */
export async function openIsolate(script: string, bindings: Record<string, string>): Promise<Isolate> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      stripCfConnectingIp: false,
      modules: [{ type: 'ESModule', path: 'index.js', contents: script }],
      compatibilityDate,
      compatibilityFlags: [...flags.matchAll(/"([^"]+)"/g)].map(([, flag = '']) => flag),
      bindings,
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    }),
  );
  const { origin } = await miniflare.unsafeGetDirectURL();
  return { url: origin, close: () => miniflare.dispose() };
}

// As a program, for workerd to have a core of its own. Arguments: the script's file, and its variables in JSON.
if (import.meta.main) {
  const [, , file = '', bindings = '{}'] = process.argv;
  const isolate = await openIsolate(readFileSync(file, 'utf8'), JSON.parse(bindings));
  process.once('SIGTERM', () => void isolate.close().then(() => process.exit(0)));
  console.log(`listening ${isolate.url}`);
}
