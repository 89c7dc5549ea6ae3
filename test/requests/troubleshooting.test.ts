import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readMessage } from '../../src/requests/message.ts';

const PAGE = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8');
/** A row of a table of sentences; double backticks where the sentence has some of its own. */
const ROW = /^\| (Chromium|Firefox|Safari) \| (?:``(.*?)``|`([^`]*)`)/gm;

const rows = [...PAGE.matchAll(ROW)].map(
  ([, browser = '', one, other]) => [browser, one ?? other ?? ''] as const,
);

test('docs/troubleshooting.md has sentences of all browsers', () => {
  expect(new Set(rows.map(([browser]) => browser)).size).toBe(3);
  expect(rows.length).toBeGreaterThan(30);
});

test.each(rows)('the sentence of %s is read: %s', (browser, sentence) => {
  const message = readMessage(sentence);
  // Two browsers print the same about headers and canvases.
  expect([browser.toLowerCase(), null]).toContain(message?.browser);
});
