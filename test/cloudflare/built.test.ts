import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, inject, test } from 'vitest';
import { WORKER_OPTIONS } from '../../src/cloudflare/options.ts';
import { OPTION_NAMES, optionOf } from '../../src/config/options.ts';

const KILOBYTE = 1024;

describe('the built Worker', () => {
  const built = readFileSync(inject('worker'));

  test('is under 128 KB, gzipped', () => {
    expect(gzipSync(built).length).toBeLessThan(128 * KILOBYTE);
  });

  test('imports no module of Node', () => {
    const imported = [...built.toString().matchAll(/\bimport\s*\{[^}]*\}\s*from\s*"([^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect(imported).toEqual(['cloudflare:workers']);
    expect(built.toString()).not.toContain('"node:');
  });
});

describe('wrangler.toml', () => {
  const toml = readFileSync(new URL('../../wrangler.toml', import.meta.url), 'utf8');
  const onlyOnNode = OPTION_NAMES.filter((name) => optionOf(name).nodeOnly !== undefined);
  const shared = OPTION_NAMES.filter((name) => !onlyOnNode.includes(name) && name !== 'keepHost');
  const own = Object.values(WORKER_OPTIONS).filter((option) => !('secret' in option));
  const rows = [...shared.map(optionOf), ...own].map(
    ({ variable, default: before }) => [variable, before] as const,
  );

  test.each(rows)('names the variable %s with its default %s and an example', (variable, before) => {
    const at = toml.search(new RegExp(`^# ${variable} = ["']`, 'm'));
    expect(at).toBeGreaterThan(0);
    // The comment that belongs to it begins after an empty line.
    const about = toml.slice(toml.lastIndexOf('\n\n', at), at).replace(/\n# /g, ' ');
    if (before !== null) expect(about).toContain(`Default: "${before}"`);
  });

  test.each(onlyOnNode)('does not name %s, which has no effect on Workers', (name) => {
    expect(toml).not.toMatch(new RegExp(`^# ${optionOf(name).variable} = `, 'm'));
  });
});
