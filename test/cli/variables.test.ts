import { afterEach, describe, expect, test } from 'vitest';
import { call } from '../node/_running.ts';
import { linesWith } from './_edges.ts';
import { ended, type Run, run, stop } from './_process.ts';

const BUCKET = ['--bucket', 'http://127.0.0.1:9'];
const PORTS = { BUCKET_CORS_PORT: '0', BUCKET_CORS_ADMIN_PORT: '0' };

let running: Run | undefined;
afterEach(async () => {
  if (running !== undefined) await stop(running);
  running = undefined;
});

describe('variables that other programs set', () => {
  test('of Kubernetes Services with such names are ignored with a warning', async () => {
    running = run(['serve', ...BUCKET], {
      env: {
        ...PORTS,
        PORT: 'tcp://10.0.0.1:80',
        ADMIN_PORT: 'tcp://10.0.0.1:80',
        DEMO_PORT: 'tcp://10.0.0.2:80',
      },
    });
    const { status } = await call(`${await running.address('admin')}/healthz`);
    expect(status).toBe(200);
    const warned = linesWith(running, /is not read/).map(({ level, msg }) => `${level} ${msg}`);
    expect(warned.map((line) => line.split(' is', 1)[0])).toEqual([
      'warn PORT',
      'warn ADMIN_PORT',
      'warn DEMO_PORT',
    ]);
  });

  test('for other commands are ignored', async () => {
    running = run(['serve', ...BUCKET], { env: { ...PORTS, DEMO_PORT: 'no port at all' } });
    await running.address('edge');
  });

  test('for the demo page are ignored if a bucket is served', async () => {
    const env = { ...PORTS, DEMO_PORT: 'no port at all', BUCKET_CORS_BUCKET: 'http://127.0.0.1:9' };
    running = run(['demo'], { env });
    await running.address('edge');
    expect(running.stderr()).not.toContain('demo page');
  });

  test('for the demo page are a fault of the demo if they are invalid', async () => {
    const { code, lines } = await ended(['demo'], { env: { ...PORTS, DEMO_PORT: 'x' } });
    expect([code, lines]).toEqual([
      2,
      [expect.stringMatching(/^bucket-cors: DEMO_PORT "x" is not a port; write /)],
    ]);
  });

  test.each([
    ['HOST', [], 'serve', BUCKET],
    ['BUCKET_CORS_HOST', [], 'serve', BUCKET],
    ['ADMIN_HOST', [], 'serve', BUCKET],
    ['HOST', [], 'demo', ['--demo-port', '0']],
    ['HOST', ['--workers', '2'], 'serve', BUCKET],
  ])(
    '%s %j from a build environment is reported if %s cannot listen at such a host',
    async (name, more, command, args) => {
      const { code, lines } = await ended([command, ...args, ...more], {
        env: { ...PORTS, [name]: 'x86_64-conda-linux-gnu' },
      });
      const instead = name.startsWith('BUCKET_CORS_')
        ? ''
        : `, into BUCKET_CORS_${name} where other programs need ${name}`;
      expect(lines).toEqual([
        expect.stringMatching(
          new RegExp(
            `^bucket-cors: ${name} x86_64-conda-linux-gnu is not an address of this machine \\(E[A-Z_]+\\): write 127.0.0.1, or 0.0.0.0 for every address${instead}$`,
          ),
        ),
      ]);
      expect(code).toBe(1);
    },
  );

  test('with a foreign address are reported by name, also by worker processes', async () => {
    const env = { ...PORTS, HOST: '203.0.113.1' };
    const { code, lines } = await ended(['serve', ...BUCKET, '--workers', '2'], { env });
    expect(lines).toEqual([
      expect.stringMatching(
        /^bucket-cors: HOST 203\.0\.113\.1 is not an address of this machine \(EADDRNOTAVAIL\)/,
      ),
    ]);
    expect(code).toBe(1);
  });

  test('do not open a folder to the network', async () => {
    const { code, lines } = await ended(['demo', '--demo-port', '0'], { env: { ...PORTS, HOST: '0.0.0.0' } });
    expect(lines).toEqual([
      expect.stringMatching(
        /^bucket-cors: HOST 0\.0\.0\.0 lets other machines read and write the folder .* write --dangerously-open-bucket/,
      ),
    ]);
    expect(code).toBe(1);
  });
});

test('quotes and carriage returns from an env-file are reported together, with what to write', async () => {
  const { code, lines } = await ended(['serve'], {
    env: {
      PORT: '"8090"',
      BUCKET_URL: './bucket\r',
      BUCKET_CORS_ADMIN_PORT: "'0'\r",
      REDIS_URL: '"redis://:hush@h"',
    },
  });
  expect(lines).toEqual([
    'bucket-cors: BUCKET_URL ends in a carriage return; write ./bucket',
    'bucket-cors: PORT has quotes around it; write 8090',
    'bucket-cors: BUCKET_CORS_ADMIN_PORT has quotes around it and ends in a carriage return; write 0',
    'bucket-cors: REDIS_URL has quotes around it; write it without them',
  ]);
  expect(code).toBe(2);
});

test('a configuration file’s path in quotes is one fault', async () => {
  const { lines } = await ended(['serve'], { env: { BUCKET_CORS_CONFIG: '"edge.json"' } });
  expect(lines).toEqual(['bucket-cors: BUCKET_CORS_CONFIG has quotes around it; write edge.json']);
});

test('keys in quotes are reported without the keys', async () => {
  const { code, lines, stderr } = await ended(['serve', '--bucket', 'oss://media?region=cn-hangzhou'], {
    env: { ...PORTS, OSS_ACCESS_KEY_ID: '"LTAI-hush"', OSS_ACCESS_KEY_SECRET: 'hush' },
  });
  expect(lines).toEqual([
    'bucket-cors: --credentials: the environment has a OSS_ACCESS_KEY_ID with quotes around it: write it without them',
  ]);
  expect(code).toBe(1);
  expect(stderr).not.toContain('hush');
});
