import { describe, expect, test } from 'vitest';
import { whyNoChromium } from '../../e2e/_chromium.ts';
import { refusal } from './_examples.ts';
import { rule, rulesOf, useStage } from './_stage.ts';

const skipped = whyNoChromium === null ? '' : ` (skipped: ${whyNoChromium})`;

describe.skipIf(whyNoChromium !== null)(`the rules on the live page${skipped}`, () => {
  const stage = useStage();

  test('rules that changed meanwhile are not overwritten, and nothing typed is lost', async () => {
    await stage.open('#rules');
    const { page, edge } = stage;
    await page.getByRole('button', { name: 'Edit the rules' }).click();
    await page.getByLabel('Sources').fill('https://typed.example');
    edge.write(rulesOf(rule({ sources: ['https://other-writer.example'] })));
    await page.getByText(/[1-9]\d* changes?, /).waitFor();
    expect(await page.locator('.bar').textContent()).toContain('Comments of the document are not saved.');
    await page.getByRole('button', { name: 'Save at the edge' }).click();
    await page.getByText('The rules changed while you edited them').waitFor();
    await page
      .getByText(/https:\/\/other-writer\.example may/)
      .first()
      .waitFor();
    expect(await page.getByLabel('Sources').inputValue()).toBe('https://typed.example');
    await page.getByRole('button', { name: 'Save at the edge' }).click({ force: true });
    expect(edge.saves).toHaveLength(1);
    await page.getByRole('button', { name: /^I have read it/ }).click();
    await page
      .getByText(/https:\/\/other-writer\.example loses/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Save at the edge' }).click();
    await page.getByText('Saved: the rules are in force.').waitFor();
    expect(edge.saves).toHaveLength(2);
    expect(await page.locator('#rules dd').first().textContent()).toBe('https://typed.example');
  });

  test('a value that is no number is named beside its field, and is not saved', async () => {
    await stage.open('#rules');
    const { page, edge } = stage;
    await page.getByRole('button', { name: 'Edit the rules' }).click();
    await page.getByLabel('Cache Timeout').fill('ten minutes');
    await page.getByText('ten minutes is no number. Write seconds').waitFor();
    expect(await page.getByLabel('Cache Timeout').getAttribute('aria-invalid')).toBe('true');
    await page.getByRole('button', { name: 'Save at the edge' }).click({ force: true });
    await page.getByLabel('Sources').fill('');
    await page.getByLabel('Cache Timeout').fill('');
    await page.getByText('The document would be refused.').waitFor();
    expect(edge.saves).toEqual([]);
  });

  test('a slow save says so, and a second press does not save again', async () => {
    await stage.open('#rules');
    const { page, edge } = stage;
    await page.getByRole('button', { name: 'Edit the rules' }).click();
    await page.getByLabel('Sources').fill('https://slow.example');
    await page.getByText(/[1-9]\d* changes?, /).waitFor();
    edge.delay = (path) => (path === '/panel' ? 700 : 0);
    const save = page.getByRole('button', { name: 'Save at the edge' });
    await save.click();
    await page.getByText('Saving…').waitFor();
    await save.click({ force: true });
    await page.getByText('Saved: the rules are in force.').waitFor();
    expect(edge.saves).toHaveLength(1);
  });

  test('a cure is taken to the rules as a draft, with what it changes', async () => {
    const cure = {
      sentence: 'Add PUT to the methods of rule 1.',
      rules: rulesOf(rule({ allowedMethods: ['GET', 'HEAD', 'PUT'] })),
      changes: [],
    };
    await stage.open('', undefined, (edge) => {
      edge.groups = [refusal('1', { cure })];
    });
    const { page } = stage;
    await page.getByText(cure.sentence).click();
    await page.getByRole('button', { name: 'Show the document' }).click();
    await page.getByText('<CORSConfiguration/>').waitFor();
    await page.getByRole('button', { name: 'Take it to the rules' }).click();
    await page
      .getByText(/https:\/\/app\.example may PUT/)
      .first()
      .waitFor();
    expect(await page.getByRole('checkbox', { name: 'PUT' }).isChecked()).toBe(true);
  });

  test('without a token the page says why rules are not edited', async () => {
    const because = 'Rules are not changed here: start the edge with --admin-token.';
    await stage.open('#rules', undefined, (edge) => {
      edge.about = { edit: { possible: false, because } };
    });
    await stage.page.getByText(because).waitFor();
    expect(await stage.page.getByRole('button', { name: 'Edit the rules' }).count()).toBe(0);
  });

  test('stale rules have their cause and cure, and a change of their state is shown at once', async () => {
    await stage.open('#rules');
    const { page, edge } = stage;
    await page.getByText('fresh', { exact: true }).waitFor();
    const failure = {
      cause: 'The bucket answered 403',
      cure: 'Give the key the right to read the rules.',
      at: new Date().toISOString(),
    };
    edge.about = { state: 'stale', failure };
    edge.send('rules', { bucket: 'photos' });
    await page.getByText(`${failure.cause}. ${failure.cure}`).waitFor();
    await page.getByText('stale: the last good rules are in force').waitFor();
  });

  test('any two versions are compared', async () => {
    await stage.open('#rules', undefined, (edge) => {
      edge.write(rulesOf(rule({ sources: ['https://second.example'] })));
      edge.write(rulesOf(rule({ sources: ['https://third.example'] })));
    });
    const { page } = stage;
    await page
      .getByText(/third\.example may/)
      .first()
      .waitFor();
    await page.getByLabel('From').selectOption({ index: 2 });
    await page
      .getByText(/https:\/\/app\.example loses/)
      .first()
      .waitFor();
    expect(new URL(page.url()).hash).toContain('from=0000000000000001');
  });

  test('100 rules are shown and edited', async () => {
    await stage.open(
      '#rules',
      rulesOf(...Array.from({ length: 100 }, (_, at) => rule({ sources: [`https://${at}.example`] }))),
    );
    const { page } = stage;
    await page.getByRole('heading', { name: 'Rule 100' }).waitFor();
    await page.getByRole('button', { name: 'Edit the rules' }).click();
    await page.getByLabel('Sources').nth(99).fill('https://last.example');
    await page
      .getByText(/https:\/\/last\.example may/)
      .first()
      .waitFor();
  });
});
