/** Apache with more than one export, or more than one virtual host. */
import { describe, expect, test } from 'vitest';
import { apache } from '../../../src/export/apache/apache.ts';
import { apacheWith } from '../../../src/node/prove/apache.ts';
import { presence } from '../../helpers/program.ts';
import { EQUAL } from './_mutant-rules.ts';
import { openRaw } from './_raw.ts';

const { skipped, why } = presence('apache2', '-v', 'apache2');

/** The statuses of a GET, of a preflight that the rules allow, and of one that they refuse. */
async function statuses(directives: string, isDown = false) {
  const raw = await openRaw(apache, apacheWith([], directives), EQUAL, { isDown });
  const ask = async (method: string, origin: string) => {
    const lines = ['Host: media.example', `Origin: ${origin}`, 'Access-Control-Request-Method: PUT'];
    return (await raw.ask(`${method} /object HTTP/1.1`, ...lines)).status;
  };
  const found = [
    await ask('GET', 'https://app.example'),
    await ask('OPTIONS', 'https://app.example'),
    await ask('OPTIONS', 'https://other.example'),
  ];
  const reached = raw.reached.length;
  await raw.close();
  return { found, reached };
}

describe.skipIf(skipped)(`Apache with several exports${why}`, () => {
  test('refuses all requests where a virtual host has two', async () => {
    expect(await statuses('Include FOLDER/cors.conf')).toEqual({ found: [500, 500, 500], reached: 0 });
  });

  test('takes the document of an error for no second one', async () => {
    const document = 'ErrorDocument 503 /unavailable';
    expect(await statuses(document, true)).toEqual({ found: [503, 200, 403], reached: 0 });
  });

  test('answers by the rules where each virtual host has one', async () => {
    const other = '</VirtualHost>\n<VirtualHost 127.0.0.2>\nInclude FOLDER/cors.conf';
    expect(await statuses(other)).toEqual({ found: [200, 200, 403], reached: 1 });
  });
});
