import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { configOf, type Started } from '../_running.ts';
import { rulesFor } from '../transport/_store.ts';
import {
  allowed,
  at,
  bucket,
  envOf,
  KEYS,
  running,
  SCHEMES,
  STRANGE,
  showsNoSecret,
  signedConfig,
  TEMPORARY,
  told,
  useSignedBucket,
  WRONG,
} from './_signing.ts';

useSignedBucket();

describe.each(SCHEMES)('the signature %s', (_, of, options) => {
  const fresh = async (edge: Started) => {
    expect(await allowed(edge, 'https://a.example')).toBe(true);
    expect(await told(edge)).toMatchObject({ state: 'fresh', failure: null, ready: 'ready' });
    await showsNoSecret(edge);
  };

  test('reads the rules with keys from the environment', async () => {
    await fresh(await running(signedConfig(options), envOf(of, KEYS)));
  });

  test('reads the rules with a temporary key and its token', async () => {
    await fresh(await running(signedConfig(options), envOf(of, TEMPORARY)));
  });

  test('reads the rules with keys behind a prefix, and not with those that have none', async () => {
    const env = { ...envOf(of, WRONG), ...envOf(of, KEYS, 'MEDIA_') };
    await fresh(await running(signedConfig({ ...options, credentials: 'env:MEDIA' }), env));
  });

  test('reads the rules with keys from a file of lines', async () => {
    const file = at('keys');
    const lines = Object.entries(envOf(of, TEMPORARY)).map(([name, value]) => `export ${name}="${value}"\n`);
    await writeFile(file, lines.join(''));
    await fresh(await running(signedConfig({ ...options, credentials: `file:${file}` }), {}));
  });

  test('reads the rules with keys from a JSON file', async () => {
    const file = at('keys.json');
    await writeFile(file, JSON.stringify(TEMPORARY));
    await fresh(await running(signedConfig({ ...options, credentials: `file:${file}` }), envOf(of, WRONG)));
  });

  test('with a wrong secret the rules are unknown, and the cause says what the store said', async () => {
    const edge = await running(signedConfig(options), envOf(of, WRONG));
    expect(await allowed(edge, 'https://a.example')).toBe(false);
    const { state, failure, ready } = await told(edge);
    expect([state, ready]).toEqual(['unavailable', 'not ready']);
    expect(failure?.cause).toContain('403 SignatureDoesNotMatch');
    expect(edge.text.join('')).toContain('SignatureDoesNotMatch');
    await showsNoSecret(edge);
  });

  test('with a wrong secret the cure is about the keys, not about a signature that was there', async () => {
    const edge = await running(signedConfig(options), envOf(of, WRONG));
    await allowed(edge, 'https://a.example');
    const { failure } = await told(edge);
    expect(failure?.cure).toMatch(/keys?|secret|--credentials/i);
    expect(failure?.cure).not.toMatch(/without a signature/);
  });

  test('with a key that the store does not know the cause says so', async () => {
    const edge = await running(signedConfig(options), envOf(of, STRANGE));
    await allowed(edge, 'https://a.example');
    expect((await told(edge)).failure?.cause).toContain('403 InvalidAccessKeyId');
    await showsNoSecret(edge);
  });

  test('without keys it asks unsigned, and the store’s refusal is reported', async () => {
    const edge = await running(signedConfig(options), {});
    await allowed(edge, 'https://a.example');
    expect((await told(edge)).failure?.cause).toContain('403 AccessDenied');
  });

  test('with credentials none it asks unsigned, whatever the environment contains', async () => {
    const edge = await running(signedConfig({ ...options, credentials: 'none' }), envOf(of, KEYS));
    await allowed(edge, 'https://a.example');
    expect((await told(edge)).failure?.cause).toContain('403 AccessDenied');
  });
});

describe('unused keys in the environment are not a fault', () => {
  test.each([
    ['rules from a file', { rules: 'FILE' }],
    ['rules given inline', { rules: rulesFor('https://a.example') }],
  ])('with %s', async (_, { rules }) => {
    const file = at('rules.xml');
    await writeFile(file, rulesFor('https://a.example'));
    const config = configOf({ bucket: bucket().url, rules: rules === 'FILE' ? file : rules });
    const edge = await running(config, envOf('OSS', KEYS));
    expect(await allowed(edge, 'https://a.example')).toBe(true);
  });

  test('with a folder', async () => {
    const path = at('media');
    const edge = await running(configOf({ bucket: path }), envOf('OSS', KEYS));
    expect(await allowed(edge, 'https://a.example')).toBe(true);
  });

  test('with keys of the other store', async () => {
    const edge = await running(configOf({ bucket: bucket().url }), envOf('AWS', KEYS));
    await allowed(edge, 'https://a.example');
    expect((await told(edge)).failure?.cause).toContain('AccessDenied');
  });
});
