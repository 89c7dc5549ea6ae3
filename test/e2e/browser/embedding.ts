import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { rule } from '../../helpers/rules.ts';
import { setOf } from '../../suite/sets.ts';
import { DOT, DOT_PIXEL, PNG } from './picture.ts';
import { loadFont, paint, postForm, REFUSED, read, runScript, sandbox } from './script.ts';
import { freshKey, object, type Stage, useEdge } from './stage.ts';

const FONT = new URL('../../../examples/bucket/fonts/young-serif.woff2', import.meta.url);

export function addEmbeddingTests(stage: Stage): void {
  describe('embedding of an object', () => {
    const edge = useEdge(stage);
    const allow = (...allowedOrigins: string[]) => edge().setRules(setOf(rule({ allowedOrigins })));

    test.each([
      ['loads under a rule for the page', 'page', 'loaded'],
      ['does not load without a rule for the page', 'stranger', 'NetworkError'],
    ] as const)('a font %s', async (_, who, outcome) => {
      await allow(stage.origins().page);
      edge().bucket.script = object(await readFile(FONT), ['Content-Type', 'font/woff2']);
      const { page } = await stage.visit(stage.origins()[who]);
      expect(await loadFont(page, edge().url + freshKey())).toBe(outcome);
      expect(edge().bucket.asked).toHaveLength(1);
    });

    test.each([
      ['with crossorigin gives its pixels to a page with a rule', 'page', 'anonymous', DOT_PIXEL],
      ['with crossorigin does not load without a rule for the page', 'stranger', 'anonymous', 'not loaded'],
      ['without crossorigin taints the canvas even of a page with a rule', 'page', null, 'tainted'],
      ['without crossorigin loads without a rule for the page', 'stranger', null, 'tainted'],
    ] as const)('an image %s', async (_, who, crossOrigin, outcome) => {
      await allow(stage.origins().page);
      edge().bucket.script = object(DOT, PNG);
      const { page } = await stage.visit(stage.origins()[who]);
      expect(await paint(page, edge().url + freshKey(), crossOrigin)).toBe(outcome);
      expect(edge().bucket.asked).toHaveLength(1);
    });

    test('a script without crossorigin runs without a rule for the page', async () => {
      await allow(stage.origins().page);
      edge().bucket.script = object('window.said = "ran"', ['Content-Type', 'text/javascript']);
      const { page } = await stage.visit(stage.origins().stranger);
      expect(await runScript(page, edge().url + freshKey())).toBe('ran');
    });

    test('a fetch in mode no-cors without a rule for the page gets an opaque answer', async () => {
      await allow(stage.origins().page);
      edge().bucket.script = object(DOT, PNG);
      const { page } = await stage.visit(stage.origins().stranger);
      const got = await read(page, edge().url + freshKey(), { mode: 'no-cors' });
      expect(got).toEqual({ status: 0, type: 'opaque', body: '', headers: {} });
      expect(edge().bucket.asked).toHaveLength(1);
    });

    test('a form is posted without a rule for the page', async () => {
      await allow(stage.origins().page);
      const { page, preflights } = await stage.visit(stage.origins().stranger);
      const key = freshKey();
      await postForm(page, edge().url + key, 'field', 'a value');
      expect(edge().bucket.asked).toMatchObject([{ method: 'POST', target: key }]);
      expect(Buffer.concat(edge().bucket.asked[0]?.body ?? []).toString()).toBe('field=a+value');
      await expect.poll(() => preflights).toEqual([]);
    });

    test.each([
      ['reads under a rule for *', '*', { status: 200, body: 'the object' }],
      ['reads under a rule for null', 'null', { status: 200, body: 'the object' }],
      ['is refused under a rule for the page around it only', null, REFUSED],
    ])('a sandboxed frame, whose origin is null, %s', async (_, allowed, expected) => {
      await allow(allowed ?? stage.origins().page);
      const { page } = await stage.visit(stage.origins().page);
      const frame = await sandbox(page);
      expect(await read(frame, edge().url + freshKey())).toMatchObject(expected);
      expect(edge().bucket.asked).toHaveLength(1);
    });
  });
}
