import { describe, expect, test } from 'vitest';
import { whyNoChromium } from '../../e2e/_chromium.ts';
import { hour, refusal } from './_examples.ts';
import { useStage } from './_stage.ts';

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
