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

describe('variables that others set', () => {
  test('stop no start where Kubernetes has Services of such names, and are warned of', async () => {
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

  test('of other commands are not looked at', async () => {
    running = run(['serve', ...BUCKET], { env: { ...PORTS, DEMO_PORT: 'no port at all' } });
    await running.address('edge');
  });

  test('of the demo page are not looked at where a bucket is served', async () => {
    const env = { ...PORTS, DEMO_PORT: 'no port at all', BUCKET_CORS_BUCKET: 'http://127.0.0.1:9' };
    running = run(['demo'], { env });
    await running.address('edge');
    expect(running.stderr()).not.toContain('demo page');
  });

  test('of the demo page are a fault of the demo', async () => {
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
    '%s %j of a build environment is named when %s can listen at no such host',
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

  test('an address that this machine does not have is named by its variable, by worker processes too', async () => {
    const env = { ...PORTS, HOST: '203.0.113.1' };
    const { code, lines } = await ended(['serve', ...BUCKET, '--workers', '2'], { env });
    expect(lines).toEqual([
      expect.stringMatching(
        /^bucket-cors: HOST 203\.0\.113\.1 is not an address of this machine \(EADDRNOTAVAIL\)/,
      ),
    ]);
    expect(code).toBe(1);
  });

  test('a folder is not opened to a network by a variable that a shell sets', async () => {
    const { code, lines } = await ended(['demo', '--demo-port', '0'], { env: { ...PORTS, HOST: '0.0.0.0' } });
    expect(lines).toEqual([
      expect.stringMatching(
        /^bucket-cors: HOST 0\.0\.0\.0 lets other machines read and write the folder .* write --dangerously-open-bucket/,
      ),
    ]);
    expect(code).toBe(1);
  });
});

test('what an env-file leaves around values is told for all at once, with what to write', async () => {
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

test('a path of a configuration file in quotes is one fault', async () => {
  const { lines } = await ended(['serve'], { env: { BUCKET_CORS_CONFIG: '"edge.json"' } });
  expect(lines).toEqual(['bucket-cors: BUCKET_CORS_CONFIG has quotes around it; write edge.json']);
});

test('keys in quotes are told of without them', async () => {
  const { code, lines, stderr } = await ended(['serve', '--bucket', 'oss://media?region=cn-hangzhou'], {
    env: { ...PORTS, OSS_ACCESS_KEY_ID: '"LTAI-hush"', OSS_ACCESS_KEY_SECRET: 'hush' },
  });
  expect(lines).toEqual([
    'bucket-cors: --credentials: the environment has a OSS_ACCESS_KEY_ID with quotes around it: write it without them',
  ]);
  expect(code).toBe(1);
  expect(stderr).not.toContain('hush');
});
