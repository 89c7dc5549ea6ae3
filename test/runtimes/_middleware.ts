import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openUpstream } from '../helpers/upstream.ts';
import type { Edge, OpenOptions } from '../suite/runtime.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The command that runs a TypeScript file with this project's packages, by runtime. */
export const RUNTIMES = {
  deno: [
    path('../../node_modules/.bin/deno'),
    ['run', '--no-lock', '--no-check', '--node-modules-dir=manual', '--allow-all'],
  ],
  bun: [path('../../node_modules/.bin/bun'), ['run']],
} as const satisfies Record<string, readonly [program: string, flags: readonly string[]]>;

/** Runs the middleware in a process of another runtime, in front of a scripted bucket. */
export async function openMiddlewareOn(
  runtime: keyof typeof RUNTIMES,
  { rules = 'none', dialect, vary, debugReason }: OpenOptions,
): Promise<Edge> {
  const bucket = await openUpstream(rules);
  const [program, flags] = RUNTIMES[runtime];
  const options = JSON.stringify({ bucketUrl: bucket.url, dialect, vary, debugReason });
  const child = spawn(program, [...flags, path('_app.ts'), options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // The program may be a script that starts the runtime: the signal goes to the whole group.
    detached: true,
  });
  const ended = once(child, 'exit');
  const [line] = await Promise.race([
    once(child.stdout, 'data'),
    ended.then(([code]) => Promise.reject(new Error(`${runtime} ended with ${code} on start`))),
  ]);
  const { port, control } = JSON.parse(String(line));
  return {
    url: `http://127.0.0.1:${port}`,
    edgeId: '',
    bucket,
    bucketNamed: () => bucket,
    status: () => Promise.reject(new Error('an app with the middleware has no admin port')),
    events: [],
    errors: [],
    setRules: async (changed) => {
      bucket.rules = changed;
      await fetch(`http://127.0.0.1:${control}`);
    },
    close: async () => {
      if (child.pid !== undefined) process.kill(-child.pid);
      await ended;
      await bucket.close();
    },
  };
}
