import { describe, expect, test } from 'vitest';
import { whyNoChromium } from '../../e2e/_chromium.ts';
import { hour, refusal } from './_examples.ts';
import { focusOn, rule, rulesOf, useStage, violationsOn } from './_stage.ts';

const skipped = whyNoChromium === null ? '' : ` (skipped: ${whyNoChromium})`;

describe.skipIf(whyNoChromium !== null)(`the live page by keyboard and screen reader${skipped}`, () => {
  const stage = useStage();
  const faulty = rulesOf(
    rule({
      sources: ['https://app.example', 'https://A.example/'],
      allowedMethods: ['GET', 'PUT'],
      exposedHeaders: [],
    }),
    rule({ sources: ['*'], cacheTimeout: null }),
  );
  const cure = {
    sentence: 'Add PUT to the methods of rule 2.',
    rules: rulesOf(rule({ allowedMethods: ['GET', 'PUT'] })),
    changes: [
      {
        effect: 'allowed' as const,
        isWider: true,
        sentence: 'https://app.example may PUT from now on (rule 2)',
      },
    ],
  };

  const show = (hash: string) =>
    stage.open(hash, faulty, (edge) => {
      edge.write(rulesOf(rule()));
      edge.write(faulty);
      edge.groups = [refusal('1', { cure }), refusal('2', { reason: 'origin_not_allowed' })];
      edge.traffic = {
        stepSeconds: 60,
        at: new Date().toISOString(),
        buckets: [hour('photos'), hour('logs')],
      };
      edge.buckets = ['photos', 'logs'];
    });

  const views: readonly (readonly [name: string, hash: string, ready: string])[] = [
    ['Refusals', '#refusals', 'Add PUT to the methods of rule 2.'],
    ['Ask', '#ask?bucket=photos&origin=https%3A%2F%2Fapp.example&method=PUT&headers=x-a', 'Preflight'],
    ['Rules', '#rules?bucket=photos', 'Versions'],
    ['Edit', '#rules?bucket=photos', 'Versions'],
    ['Traffic', '#traffic', 'By minute, the newest first'],
  ];

  test.each(views)(
    '%s has no violation, light and dark, at 1280 and 390 px, and no sideways scrolling',
    async (name, hash, ready) => {
      const { page } = stage;
      await show(hash);
      if (name === 'Edit') {
        await page.getByRole('button', { name: 'Edit the rules' }).click();
        await page.getByText('No request is answered differently.').waitFor();
      } else if (name === 'Traffic') await page.getByText('The hour as a table').click();
      else await page.getByText(ready).first().waitFor();
      if (name === 'Refusals') await page.getByText(ready).click();
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 800 });
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          expect(await violationsOn(page), `${width} ${colorScheme}`).toEqual([]);
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        }
      }
      // Twice as large: half the width.
      await page.setViewportSize({ width: 320, height: 400 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    },
  );

  test('rules are edited, moved, removed and saved by keyboard alone, and the focus is never lost', async () => {
    const { page } = stage;
    await stage.open('', rulesOf(rule(), rule({ sources: ['https://b.example'] })));
    await page.getByText('Nothing was refused').waitFor();
    const press = async (key: string, until: string) => {
      for (let times = 0; times < 60; times++) {
        await page.keyboard.press(key);
        const focused = await focusOn(page);
        expect(focused).not.toMatch(/^(?:BODY|HTML)$/);
        if (focused === until) return;
      }
      throw new Error(`${key} never reaches ${until}`);
    };
    await press('Tab', 'Skip to the content');
    await press('Tab', 'Rules');
    await page.keyboard.press('Enter');
    await expect.poll(() => focusOn(page)).toBe('rules-title');
    await page.getByText('Versions').waitFor();
    await press('Tab', 'Edit the rules');
    await page.keyboard.press('Enter');
    await press('Tab', 'Move down: rule 1');
    await page.keyboard.press('Enter');
    // The button moves with its rule.
    expect(await focusOn(page)).toBe('Move down: rule 2');
    await page.keyboard.press('Enter');
    expect(await focusOn(page)).toBe('Move down: rule 2');
    await press('Tab', 'Remove rule 2');
    await page.keyboard.press('Enter');
    expect(await focusOn(page)).toBe('Remove rule 1');
    await press('Tab', 'add');
    await page.keyboard.press('Enter');
    expect(await focusOn(page)).toMatch(/^rule-\d+-sources$/);
    await page.keyboard.type('https://new.example');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page
      .getByText(/https:\/\/new\.example .*GET/)
      .first()
      .waitFor();
    await press('Tab', 'Save at the edge');
    await page.keyboard.press('Enter');
    await page.getByText('Saved: the rules are in force.').waitFor();
    expect(await focusOn(page)).toBe('rules-title');
    expect(stage.edge.saves).toHaveLength(1);
    expect(
      JSON.parse(stage.edge.saves[0] ?? '').rules.map(({ sources }: { sources: string[] }) => sources),
    ).toEqual([['https://b.example'], ['https://new.example']]);
  });

  test('the focus and what is typed stay while findings come and go', async () => {
    const { page } = stage;
    await stage.open('#rules', faulty);
    await page.getByRole('button', { name: 'Edit the rules' }).click();
    await page.getByText('BC401').waitFor();
    await page.getByRole('button', { name: 'Move up: rule 2' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByText('BC401').count()).toBe(0);
    expect(await focusOn(page)).toBe('Move up: rule 1');
    await page.getByLabel('Sources').first().focus();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('https://typed.example');
    await page
      .getByLabel('What saving changes')
      .getByText(/typed\.example/)
      .first()
      .waitFor();
    await page.keyboard.type('/');
    await page.getByText('BC101').nth(1).waitFor();
    await page.keyboard.type('x');
    expect(await page.getByLabel('Sources').first().inputValue()).toBe('https://typed.example/x');
  });

  test('the focus and open details stay while refusals come', async () => {
    const { page } = stage;
    await stage.open('', undefined, (edge) => {
      edge.groups = [refusal('1', { cure }), refusal('2')];
    });
    await page.getByText(cure.sentence).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Take it to the rules').focus();
    for (let count = 0; count < 20; count++)
      stage.edge.send('refusal', refusal(`new-${count}`, { lastAt: new Date().toISOString() }));
    stage.edge.send('refusal', refusal('1', { cure, count: 999 }));
    await page.getByText('999×').waitFor();
    expect(await focusOn(page)).toBe('Take it to the rules');
    expect(await page.getByText(cure.changes[0]?.sentence ?? '').isVisible()).toBe(true);
    expect(await page.title()).toBe('(22) bucket-cors');
  });
});
