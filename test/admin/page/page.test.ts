import { describe, expect, test } from 'vitest';
import { whyNoChromium } from '../../e2e/_chromium.ts';
import { hour, refusal } from './_double.ts';
import { rule, rulesOf, useStage } from './_stage.ts';

const skipped = whyNoChromium === null ? '' : ` (skipped: ${whyNoChromium})`;
/** Markup, characters that turn the direction of a line, and a null. */
const HOSTILE = '<img src=x onerror=alert(1)>"\'\u202egnp.\u0000\u2066';

describe.skipIf(whyNoChromium !== null)(`the live page${skipped}`, () => {
  const stage = useStage();

  test('shows hostile texts as they are, with their control and direction characters written out', async () => {
    const long = `${HOSTILE}${'a'.repeat(8_000)}`;
    await stage.open('', undefined, (edge) => {
      edge.groups = [
        refusal(long, {
          origin: long,
          method: long,
          headers: [long],
          path: long,
          because: long,
          bucket: long,
        }),
      ];
      edge.buckets = ['photos', long];
      edge.traffic = { stepSeconds: 60, at: new Date().toISOString(), buckets: [hour('photos'), hour(long)] };
    });
    const { page } = stage;
    const shown = '<img src=x onerror=alert(1)>"\'\\u202egnp.\\u0000\\u2066';
    await page.getByText(shown).first().waitFor();
    expect(await page.locator('main img').count()).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(1280);
    await page.getByRole('link', { name: 'Explain' }).click();
    await page
      .getByText(/is not one origin/)
      .first()
      .waitFor();
    await page.evaluate(() => {
      location.hash = '#traffic';
    });
    await page.getByRole('link', { name: shown.slice(0, 30) }).waitFor();
    expect(await page.locator('main img').count()).toBe(0);
    expect(stage.wrong).toEqual([]);
  });

  test('shows 500 groups in parts, and redraws them in a moment', async () => {
    await stage.open('', undefined, (edge) => {
      edge.groups = Array.from({ length: 500 }, (_, at) =>
        refusal(String(at), { origin: `https://${at}.example` }),
      );
    });
    const { page } = stage;
    await page.getByText('1,500 requests in 500 groups').waitFor();
    expect(await page.title()).toBe('(500) bucket-cors');
    expect(await page.locator('.groups > article').count()).toBe(50);
    for (let shown = 50; shown < 500; shown += 50)
      await page.getByRole('button', { name: /^Show 50 more/ }).click();
    expect(await page.locator('.groups > article').count()).toBe(500);
    stage.edge.send('refusal', refusal('7', { count: 1_000_000 }));
    const before = await page.evaluate(() => performance.now());
    await page.getByText('1,000,000×').waitFor();
    const longest = await page.evaluate(async (from) => {
      const entries = await new Promise<PerformanceEntryList>((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries())).observe({
          type: 'longtask',
          buffered: true,
        });
        setTimeout(() => resolve([]), 500);
      });
      return Math.max(
        0,
        ...entries.filter(({ startTime }) => startTime > from).map(({ duration }) => duration),
      );
    }, before);
    expect(longest).toBeLessThan(1_000);
  });

  test('counts groups that are not explained yet, and shows each when it comes', async () => {
    await stage.open('', undefined, (edge) => {
      edge.buckets = ['photos', 'other'];
      edge.groups = [refusal('1')];
      edge.waiting = [
        { id: '2', bucket: 'photos', count: 4 },
        { id: '3', bucket: 'other', count: 5 },
      ];
    });
    const { page, edge } = stage;
    await page.getByText('12 requests in 3 groups').waitFor();
    await page.getByText('Still to be explained: 2.').waitFor();
    expect(await page.title()).toBe('(3) bucket-cors');
    edge.send('refusal', refusal('2', { count: 4 }));
    await page.getByText('Still to be explained: 1.').waitFor();
    edge.send('waiting', []);
    await page.getByText('7 requests in 2 groups').waitFor();
    expect(await page.getByText('Still to be explained').count()).toBe(0);
  });

  test('a link has the view, the bucket and the question', async () => {
    await stage.open(
      '#ask?bucket=b-2&origin=https%3A%2F%2Fapp.example&method=PUT&headers=x-a',
      undefined,
      (edge) => {
        edge.buckets = ['b-1', 'b-2'];
      },
    );
    const { page } = stage;
    await page.getByText('method_not_allowed').first().waitFor();
    expect(await page.getByLabel('Bucket').inputValue()).toBe('b-2');
    await page.getByLabel('Method').fill('GET');
    await page.getByText('header_not_allowed').first().waitFor();
    await page.getByLabel('Headers that the page sets').fill('');
    await page.getByText('The page gets the answer', { exact: false }).first().waitFor();
    expect(new URL(page.url()).hash).toBe(
      '#ask?bucket=b-2&origin=https%3A%2F%2Fapp.example&method=GET&path=%2F',
    );
  });

  test('an answer that comes late does not replace a later one', async () => {
    await stage.open('#ask?origin=https%3A%2F%2Fother.example');
    const { page, edge } = stage;
    await page.getByText('origin_not_allowed').first().waitFor();
    let asked = 0;
    edge.delay = (path) => (path === '/ask' && ++asked === 1 ? 1_500 : 0);
    await page.getByLabel('Method').fill('DELETE');
    await expect.poll(() => asked).toBe(1);
    await page.getByLabel('Origin of the page').fill('https://app.example');
    await page.getByLabel('Method').fill('GET');
    await page.getByText('The page gets the answer').first().waitFor();
    await page.waitForTimeout(1_600);
    expect(await page.locator('#ask .reason').allTextContents()).toEqual(['matched', 'matched']);
  });

  test('a fault stands beside its question, and what was pasted fills in the fields', async () => {
    await stage.open('#ask');
    const { page } = stage;
    await page.getByLabel('Method').fill('OPTIONS');
    await page.getByText('The method OPTIONS is the method of the preflight').waitFor();
    expect(await page.getByLabel('Method').getAttribute('aria-invalid')).toBe('true');
    await page
      .getByLabel('Paste a curl command')
      .fill("curl 'https://edge.example/a' \\\n  -X PUT -H 'Origin: https://read.example'");
    await expect.poll(() => page.getByLabel('Origin of the page').inputValue()).toBe('https://read.example');
    expect(await page.getByLabel('Method').getAttribute('aria-invalid')).toBeNull();
    await page.getByRole('heading', { name: 'Without and with credentials' }).waitFor();
  });

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

  test('a bucket is found among thousands by a part of its name', async () => {
    await stage.open('', undefined, (edge) => {
      edge.buckets = Array.from({ length: 3_000 }, (_, at) => `bucket-${at}`);
      edge.groups = [refusal('1', { bucket: 'bucket-2345' }), refusal('2', { bucket: 'bucket-1' })];
    });
    const { page } = stage;
    await page.getByText('6 requests in 2 groups').waitFor();
    await page.getByLabel('Bucket').fill('234');
    expect(await page.locator('#bucket-names option').count()).toBe(13);
    await page.getByLabel('Bucket').fill('bucket-2345');
    await page.getByText('3 requests in 1 group').waitFor();
    expect(new URL(page.url()).hash).toBe('#refusals?bucket=bucket-2345');
  });

  test('reads everything with the token that the browser was given', async () => {
    await stage.open('', undefined, (edge) => {
      edge.groups = [refusal('1')];
    });
    const { page, edge } = stage;
    edge.token = 'a-token-of-the-admin-port';
    await page.goto(`${edge.url.replace('//', `//:${edge.token}@`)}/#rules`);
    await page.getByRole('heading', { name: 'Rule 1' }).waitFor();
    await page.getByRole('link', { name: 'Refusals 1' }).click();
    await page.getByText('3 requests in 1 group').waitFor();
  });

  test('says that the connection is lost, and goes on when the edge is back', async () => {
    await stage.open('');
    const { page, edge } = stage;
    await page.getByText('Nothing was refused').waitFor();
    edge.isDown = true;
    edge.drop();
    await page.getByText('Connection lost').waitFor();
    edge.isDown = false;
    edge.groups = [refusal('1')];
    await page.getByText('3 requests in 1 group').waitFor();
    await expect.poll(() => page.getByText('Connection lost').count()).toBe(0);
  });
});
