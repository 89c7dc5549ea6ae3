import { describe, expect, test } from 'vitest';
import { askAbout } from '../../src/admin/ask.ts';
import { compiled, rule } from '../helpers/rules.ts';

const inForce = {
  rules: compiled([rule({ allowedOrigins: ['https://a.example'], allowedMethods: ['PUT'] })]),
  version: '0123456789abcdef',
};
const question = (about: object) => ({
  ...{ origin: '', method: 'GET', headers: '', path: '/', credentials: false, ...about },
});

const CHROMIUM =
  "Access to fetch at 'https://edge.example/dir/file.txt?Signature=geheim' from origin 'https://a.example' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource.";

describe('a question', () => {
  test.each<[string, unknown, object]>([
    [
      'of a form',
      { origin: 'https://a.example', method: 'PUT', headers: 'x-a , x-b', path: '/f', credentials: 'true' },
      {
        read: null,
        question: question({
          origin: 'https://a.example',
          method: 'PUT',
          headers: 'x-a, x-b',
          path: '/f',
          credentials: true,
        }),
      },
    ],
    ['of an empty form', {}, { read: null, question: question({}) }],
    [
      'with a URL for the path, without its query',
      { path: 'https://edge.example/f?Signature=geheim' },
      { question: question({ path: '/f' }) },
    ],
    ['with true for credentials', { credentials: true }, { question: question({ credentials: true }) }],
    [
      'of a curl command',
      {
        text: "curl 'https://edge.example/f?Signature=geheim' -X PUT -H 'Origin: https://a.example' -H 'authorization: geheim' -b 'sid=geheim'",
      },
      {
        read: 'curl',
        message: null,
        question: question({
          origin: 'https://a.example',
          method: 'PUT',
          headers: 'authorization',
          path: '/f',
          credentials: true,
        }),
      },
    ],
    [
      "of a browser's sentence",
      { text: CHROMIUM },
      {
        read: 'message',
        message: 'The answer to the preflight has no Access-Control-Allow-Origin.',
        question: question({ origin: 'https://a.example', method: 'PUT', path: '/dir/file.txt' }),
      },
    ],
  ])('%s is explained', (_, body, expected) => {
    const asked = askAbout(inForce, body);
    expect(asked).toMatchObject({
      ok: true,
      value: { ...expected, explained: { version: inForce.version, preflight: expect.anything() } },
    });
    expect(JSON.stringify(asked)).not.toContain('geheim');
  });

  test('thousands of unknown keys are not listed one by one', () => {
    const body = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`key${at}`, 1]));
    const asked = askAbout(inForce, body);
    expect(asked.ok ? null : asked.faults.length).toBe(50);
  });

  test.each<[unknown, string]>([
    [null, 'body'],
    [['curl'], 'body'],
    [{ text: '' }, 'text'],
    [{ text: 'hello' }, 'text'],
    [{ text: 'curl' }, 'text'],
    [{ text: "curl 'http://x" }, 'text'],
    [{ text: "fetch('http://x', {headers: {a: 'geheim'}})" }, 'text'],
    [{ text: 1 }, 'text'],
    [{ text: 'curl x', origin: 'https://a.example' }, 'origin'],
    [{ url: 'https://a.example' }, 'url'],
    [{ credentials: 'yes' }, 'credentials'],
    [{ headers: 'authorization: geheim' }, 'headers'],
    [{ method: 'P UT' }, 'method'],
    [{ method: 'OPTIONS' }, 'method'],
    [{ origin: 'https://a.example,https://b.example' }, 'origin'],
  ])('%j is a fault of %s', (body, place) => {
    const asked = askAbout(inForce, body);
    expect(asked).toMatchObject({
      ok: false,
      faults: [{ place, reason: expect.any(String), write: expect.any(String) }],
    });
    expect(JSON.stringify(asked)).not.toContain('geheim');
  });
});
