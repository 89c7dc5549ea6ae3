import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openOnNode } from '../../helpers/node-edge.ts';
import { collect, say } from '../../helpers/upstream.ts';
import type { Edge } from '../../suite/runtime.ts';

// Debian's version: an older botocore waited for a 100 that never came.
const AWS = '/usr/bin/aws';
const PYTHON = '/usr/bin/python3';
const lacks = (program: string, ...args: readonly string[]) => spawnSync(program, args).status !== 0;
const noAws = lacks(AWS, '--version');
const noBoto = lacks(PYTHON, '-c', 'import boto3');
const whereNone = (missing: boolean, program: string) =>
  missing ? ` (not run: apt-get install ${program})` : '';
const inCi = process.env.CI === 'true';

/** Milliseconds for a program to end; one that hangs waits for a minute, and retries. */
const LIMIT = 25_000;

/** Objects by target. Empty ones come first, so that their connections are reused. */
const TREE: Readonly<Record<string, Buffer>> = Object.fromEntries(
  Array.from({ length: 16 }, (_, at) => [
    `${String(at).padStart(2, '0')}.bin`,
    Buffer.alloc(at % 4 === 0 ? 0 : at * 2_000, at),
  ]),
);

let folder = '';
let edge: Edge;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aws-'));
  await mkdir(join(folder, 'tree'));
  for (const [name, bytes] of Object.entries(TREE)) await writeFile(join(folder, 'tree', name), bytes);
  edge = await openOnNode({ dialect: 's3' });
});
const stored = new Map<string, Buffer>();
beforeEach(() => {
  stored.clear();
  edge.bucket.script = (asked, incoming, outgoing) => {
    collect(asked, incoming);
    incoming.once('end', () => {
      const body = Buffer.concat(asked.body);
      if (asked.method === 'PUT') stored.set(asked.target.split('/').at(-1) ?? '', body);
      const listed = asked.method === 'GET' ? LISTED : '';
      say(outgoing, {
        status: 200,
        headers: ['ETag', '"e"', 'Content-Type', 'application/xml'],
        body: listed,
      });
    });
  };
});
afterAll(async () => {
  await edge.close();
  await rm(folder, { recursive: true });
});

const LISTED =
  '<ListBucketResult><Name>b</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>';

/** Runs a program beside the tree, and returns its exit code and its output. */
async function ran(program: string, ...args: readonly string[]) {
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: folder,
    AWS_ACCESS_KEY_ID: 'ak',
    AWS_SECRET_ACCESS_KEY: 'sk',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: join(folder, 'config'),
  };
  const child = spawn(program, args, {
    cwd: join(folder, 'tree'),
    env,
    timeout: LIMIT,
    killSignal: 'SIGKILL',
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  const [code] = await once(child, 'close');
  return { code: code ?? 'killed', said };
}

describe.skipIf(noAws && !inCi)(`aws s3 sync of a tree with empty files${whereNone(noAws, 'awscli')}`, () => {
  test.each([1, 10])('ends, with %i requests at once, and every file has arrived', async (requests) => {
    await writeFile(join(folder, 'config'), `[default]\ns3 =\n  max_concurrent_requests = ${requests}\n`);
    const { code, said } = await ran(AWS, '--endpoint-url', edge.url, 's3', 'sync', '.', 's3://b');
    expect([code, said]).toEqual([0, expect.stringContaining('upload: ')]);
    expect(Object.fromEntries(stored)).toEqual(TREE);
  });
});

const PUT_ALL = `
import io, os, sys, boto3
from botocore.config import Config
config = Config(read_timeout=5, retries={'total_max_attempts': 1}, s3={'addressing_style': 'path'})
client = boto3.client('s3', endpoint_url=sys.argv[1], config=config)
for name in sorted(os.listdir('.')):
    with open(name, 'rb') as file:
        client.put_object(Bucket='b', Key=name, Body=io.BytesIO(file.read()))
`;

describe.skipIf(noBoto && !inCi)(`put_object of boto3${whereNone(noBoto, 'python3-boto3')}`, () => {
  test('ends for empty objects and those after them on the same connection', async () => {
    const { code, said } = await ran(PYTHON, '-c', PUT_ALL, edge.url);
    expect([code, said]).toEqual([0, '']);
    expect(Object.fromEntries(stored)).toEqual(TREE);
  });
});
