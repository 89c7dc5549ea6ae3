import { describe, expect, test } from 'vitest';
import { HEADER_NAMES, isWebOrigin, ORIGINS } from '../../src/analysis/alphabet.ts';
import { witnessesOf } from '../../src/analysis/witness.ts';
import { compileOrigins, matchesEntries } from '../../src/cors/pattern.ts';

const accepting = (entries: readonly string[], word: string) =>
  entries.filter((entry) => matchesEntries(compileOrigins([entry]), word));

describe('witnesses of origins', () => {
  test.each([
    ['no entry', [], ['https://unlisted.example']],
    ['the entry *', ['*'], ['https://unlisted.example']],
    ['an exact origin', ['https://app.example.com'], ['https://app.example.com', 'https://unlisted.example']],
    [
      'a wildcard for subdomains',
      ['https://*.example.com'],
      ['https://unlisted.example', 'https://app.example.com'],
    ],
    [
      'a wildcard that crosses a domain',
      ['https://*example.com'],
      ['https://unlisted.example', 'https://evilexample.com'],
    ],
    ['a wildcard for a port', ['http://localhost:*'], ['https://unlisted.example', 'http://localhost:8080']],
    [
      'an exact origin within a wildcard',
      ['https://*.example.com', 'https://app.example.com'],
      ['https://app.example.com', 'https://unlisted.example', 'https://other.example.com'],
    ],
    [
      'a prefix and a suffix that only two entries together give',
      ['https://app.*', 'https://*.example.com'],
      [
        'https://unlisted.example',
        'https://app.unlisted.example',
        'https://other.example.com',
        'https://app.app.example.com',
      ],
    ],
    [
      'a comma list, which no origin matches',
      ['https://a.example, https://b.example'],
      ['https://unlisted.example'],
    ],
  ])('%s', (_, entries, expected) => {
    const { words, complete } = witnessesOf(entries, ORIGINS);
    expect(complete).toBe(true);
    expect(new Set(words)).toEqual(new Set(expected));
  });

  test('include a word that is too short for an entry whose prefix and suffix both fit it', () => {
    const entries = ['ab*ba', 'ab*', '*ba'];
    const { words } = witnessesOf(entries, ORIGINS);
    const classes = words.map((word) => accepting(entries, word).join(' '));
    expect(classes).toContain('ab* *ba');
    expect(classes).toContain('ab*ba ab* *ba');
    expect(words).toContain('aba');
  });

  test('find a letter where the entries use all letters and digits', () => {
    const entries = [...'abcdefghijklmnopqrstuvwxyz0123456789-._~'].map((letter) => `${letter}*`);
    const { words } = witnessesOf(entries, ORIGINS);
    expect(words.filter((word) => accepting(entries, word).length === 0)).toHaveLength(1);
    expect(words).toHaveLength(entries.length + 1);
  });

  test('of entries with more classes than the limit are said to be incomplete', () => {
    const entries = Array.from({ length: 400 }, (_, at) => `${'a'.repeat(at)}*${'b'.repeat(400 - at)}`);
    const { words, complete } = witnessesOf(entries, ORIGINS);
    expect(complete).toBe(false);
    expect(words.length).toBeLessThanOrEqual(10_001);
  });
});

describe('witnesses of header names', () => {
  test('are lower-case names, one for each class', () => {
    const { words } = witnessesOf(['content-type', 'x-oss-*', '*'], HEADER_NAMES);
    expect(words).toEqual(['content-type', 'x-unlisted', 'x-oss-unlisted']);
  });
});

describe('an origin that browsers send', () => {
  test.each([
    ['https://app.example.com', true],
    ['http://localhost:8080', true],
    ['http://127.0.0.1:9', true],
    ['null', true],
    ['http://[::1]:3000', true],
    ['https://[::1]:443', false],
    ['https://my_app.example.com', true],
    ['https://app.example.com/', false],
    ['https://app.example.com:443', false],
    ['http://app.example.com:80', false],
    ['http://app.example.com:443', true],
    ['https://App.example.com', false],
    ['app.example.com', false],
    ['https://*.example.com', false],
    ['https://app..example.com', false],
    ['https://app.example.com:', false],
    ['chrome-extension://abcdef', false],
  ])('%s: %j', (origin, expected) => {
    expect(isWebOrigin(origin)).toBe(expected);
  });
});
