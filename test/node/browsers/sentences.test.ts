import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Asked } from '../../../src/node/browsers/asked.ts';
import { askChromium } from '../../../src/node/browsers/chromium.ts';
import { askFirefox } from '../../../src/node/browsers/firefox.ts';
import { programOf } from '../../../src/node/browsers/programs.ts';
import { readMessage } from '../../../src/requests/message.ts';
import { openServer, type TestServer } from './_server.ts';
import { PAGE_ORIGIN, WRONG_SERVERS } from './_wrong.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer((request, response) => {
    const { actual, preflight } = WRONG_SERVERS[Number(request.url?.split('?')[0]?.slice(1))] ?? {};
    const { status = 200, headers = {} } = (request.method === 'OPTIONS' ? preflight : actual) ?? {};
    response.writeHead(status, { ...headers, 'Content-Type': 'text/javascript' }).end();
  });
});
afterAll(() => server.close());

/** Asks each server in turn, whatever comes of it. */
function script(): string {
  const asks = WRONG_SERVERS.map(({ ask }, at) => {
    const url = JSON.stringify(`${server.url}/${at}?Signature=secret`);
    return typeof ask === 'string' ? `((URL) => ${ask})(${url})` : `fetch(${url}, ${JSON.stringify(ask)})`;
  });
  const pause = 'new Promise((done) => setTimeout(done, 50))';
  return `(async () => {
    ${asks.map((ask) => `await Promise.race([${ask}, new Promise((done) => setTimeout(done, 2000))]).catch(() => {}); await ${pause};`).join('\n')}
    return 'done';
  })()`;
}

describe.each([
  ['chromium', askChromium],
  ['firefox', askFirefox],
] as const)('the sentences of %s about servers that are wrong in one way', (browser, ask) => {
  const program = programOf(browser);
  let asked: Asked;
  beforeAll(async () => {
    if (program !== null)
      asked = await ask(
        program,
        { origin: PAGE_ORIGIN, script: script() },
        null,
        AbortSignal.timeout(55_000),
      );
  }, 60_000);

  const rows = WRONG_SERVERS.map((row, at) => [row.name, row[browser], at] as const);

  test.skipIf(program === null).each(rows)('%s', (_, says, at) => {
    const isOf = ({ url }: { url: string | null }) => url === `${server.url}/${at}`;
    const read = asked.sentences.flatMap((sentence) => readMessage(sentence) ?? []);
    // Chromium's sentence about an unsafe header has no URL.
    const own = read.filter(
      (message) => isOf(message) || (message.url === null && says?.failure === message.failure),
    );
    if (says === null) return expect(own).toEqual([]);
    expect(own[0]).toMatchObject({ ...says });
    expect(own[0]?.origin).toBe(browser === 'chromium' && own[0]?.url !== null ? PAGE_ORIGIN : null);
  });

  test.skipIf(program === null)('has no sentence about them that is not read', () => {
    expect(asked.result).toBe('done');
    expect(
      asked.sentences.filter(
        (sentence) => /CORS|Cross-Origin/.test(sentence) && readMessage(sentence) === null,
      ),
    ).toEqual([]);
  });
});
