import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { bannerOf } from '../../src/export/banner.ts';
import { exportOptions } from '../export/_proofs.ts';
import { compiled, rule } from '../helpers/rules.ts';
import { rulesFor } from '../node/transport/_store.ts';
import { edges } from './_edges.ts';
import { NODE } from './_process.ts';
import { openRulesStore, type RulesStore } from './_rules-store.ts';

const BIN = fileURLToPath(new URL('../../bin/bucket-cors.js', import.meta.url));
const RULES = rulesFor('https://app.example.com');
const HAR = JSON.stringify({
  log: {
    version: '1.2',
    creator: { name: 'a test', version: '1' },
    entries: [
      {
        _resourceType: 'fetch',
        request: {
          method: 'GET',
          url: 'https://files.example.com/key',
          headers: [{ name: 'Origin', value: 'https://app.example.com' }],
        },
        response: { status: 200, headers: [] },
      },
    ],
  },
});
/** What is deployed, and allows another origin. */
const ROUTE = JSON.stringify({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'files' },
  spec: {
    rules: [{ filters: [{ type: 'CORS', cors: { allowOrigins: ['https://other.example.com'] } }] }],
  },
});
const EXPORTED = bannerOf('nginx', compiled([rule()]), exportOptions(), '#', 'Include it.');
/** Programs that the examples name, by their output. */
const PROGRAMS = {
  git: `cat <<'END'\n${RULES}\nEND`,
  kubectl: `cat <<'END'\n${ROUTE}\nEND`,
  pbpaste: `echo "curl 'https://files.example.com/key' -H 'Origin: https://app.example.com'"`,
  'bucket-cors': `exec '${NODE}' '${BIN}' "$@"`,
};

/** What serves or watches, and the scripts for shells (completion.test.ts), need other tests. */
const LINES = COMMANDS.filter(({ name, serves }) => serves !== true && name !== 'completion')
  .flatMap(({ examples }) => examples.map(({ line }) => line))
  .filter((line) => !line.includes(' --watch'));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the example of a command', () => {
  const { at, serve, store } = edges();

  const rulesStores: RulesStore[] = [];
  afterEach(async () => {
    for (const one of rulesStores.splice(0)) await one.close();
  });
  async function rulesStore(): Promise<RulesStore> {
    const opened = await openRulesStore(rulesFor('https://old.example.com'));
    rulesStores.push(opened);
    return opened;
  }

  /** Runs a line in bash, in a folder with the files that the examples name. */
  async function runLine(line: string, bucket: string): Promise<Ended> {
    await mkdir(at('bin'));
    for (const [name, script] of Object.entries(PROGRAMS)) {
      await writeFile(at('bin', name), `#!/bin/bash\n${script}\n`);
      await chmod(at('bin', name), 0o755);
    }
    for (const name of ['cors.xml', 'old.xml', 'new.xml']) await writeFile(at(name), RULES);
    await writeFile(at('page.har'), HAR);
    await writeFile(at('cors.conf'), EXPORTED);
    await writeFile(at('bucket-cors.json'), JSON.stringify({ buckets: { media: { bucket } } }));
    const env = { PATH: `${at('bin')}:${process.env.PATH}` };
    return new Promise((resolve) => {
      execFile(
        '/bin/bash',
        ['--norc', '-c', line],
        { cwd: at(), env, timeout: 30_000 },
        (error, stdout, stderr) =>
          resolve({
            code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
            stdout,
            stderr,
          }),
      );
    });
  }

  test.each(LINES)('%s runs as written', async (line) => {
    const bucket = line.includes(' rules ') ? await rulesStore() : await store('https://app.example.com');
    const other = line.includes('127.0.0.1:9000') ? await rulesStore() : bucket;
    const needsEdge = line.includes('127.0.0.1:8081');
    const { adminUrl } = needsEdge ? await serve('--bucket', bucket.url) : { adminUrl: '' };
    const { code, stdout, stderr } = await runLine(
      line
        .replace('http://127.0.0.1:8081', adminUrl)
        .replace('http://127.0.0.1:9000', other.url)
        .replace(line.includes(' doctor ') ? 'https://files.example.com' : '', (found) => found && bucket.url)
        .replace('region=cn-hangzhou', `region=cn-hangzhou&endpoint=${bucket.url}`),
      bucket.url,
    );
    const isExport = line.includes(' export ');
    // 1: there are findings, or the page does not get its answer. 2 would be a fault of the example.
    expect({ code, stderr }).toEqual({
      code: isExport ? 0 : expect.toSatisfy((it: number) => it === 0 || it === 1),
      stderr:
        isExport && !line.includes('--format json')
          ? expect.stringMatching(/^(?:bucket-cors: \S| {4}\S|program ).*\n/)
          : '',
    });
    // Annotations are of findings alone.
    const isSilent = / > | --output | -o /.test(line) || (line.includes('--format github') && code === 0);
    if (!isSilent) expect(stdout).not.toBe('');
  });
});
