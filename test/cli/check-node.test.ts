import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ended } from './_process.ts';

const CHECK = fileURLToPath(new URL('../../bin/check-node.js', import.meta.url));

/** A Node in PATH that is too old; null without one. */
function oldNode(): { path: string; version: string } | null {
  const places = (process.env.PATH ?? '').split(':').map((folder) => `${folder}/node`);
  for (const path of places) {
    try {
      const version = execFileSync(path, ['--version'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      if (/^v(?:1\d|20|21)\./.test(version)) return { path, version: version.trim().slice(1) };
    } catch {
      // This folder has no Node.
    }
  }
  return null;
}

const old = oldNode();

describe('the check of the Node version', () => {
  test('passes this Node without output', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [CHECK]);
    expect(stdout + stderr).toBe('');
  });

  // Skipped on a machine whose PATH has no Node older than 22.
  test.runIf(old !== null)(
    'names an old Node’s version and what to do (skipped without an old Node)',
    async () => {
      const { path, version } = old ?? { path: '', version: '' };
      const { code, stdout, stderr } = await ended(['demo', '--port', '0'], { node: path });
      expect(code).toBe(1);
      expect(stdout).toBe('');
      expect(stderr).toContain(`needs Node 22.19 or newer and found ${version}`);
      expect(stderr).toContain('"npm ci"');
      expect(stderr).not.toMatch(/Error|^\s+at /m);
    },
  );
});
