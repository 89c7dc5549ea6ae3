import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { call, corsHeaders } from '../helpers/client.ts';
import { listen } from '../helpers/listen.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/worker-dev.ts', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('worker:dev shows the demo page through workerd, and ends at SIGINT', { timeout: 90_000 }, async () => {
  const [port, demoPort] = [await freePort(), await freePort()];
  const env = { ...process.env, PORT: String(port), DEMO_PORT: String(demoPort) };
  const child = spawn(process.execPath, [SCRIPT], { env });
  const exit = once(child, 'exit');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  try {
    while (!output.includes('demo page http')) {
      if (child.exitCode !== null) throw new Error(output);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const page = `http://127.0.0.1:${demoPort}`;
    const edge = `http://127.0.0.1:${port}`;
    expect((await call(page)).body.toString()).toContain('<title>');
    const { body } = await call(page, { target: '/config.json' });
    expect(JSON.parse(body.toString())).toMatchObject({ edge, admin: null });
    const headers = ['Origin', 'http://127.0.0.1:8082'];
    const answered = await call(edge, { target: '/tides.json', headers });
    expect(answered.status).toBe(200);
    expect(corsHeaders(answered)['access-control-allow-origin']).toBe('http://127.0.0.1:8082');
    const why = await call(page, {
      target: '/why?method=DELETE&path=/tides.json&origin=http://127.0.0.1:8082',
    });
    expect(why.body.toString()).toContain('method_not_allowed');
  } finally {
    child.kill('SIGINT');
    expect((await exit)[0], output).toBe(0);
  }
});
