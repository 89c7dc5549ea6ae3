import { createServer, type RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readByFetch } from '../../src/bucket/read.ts';
import { createRulesCache } from '../../src/rules/cache.ts';
import type { Token } from '../../src/rules/sources/kind.ts';
import { urlSource } from '../../src/rules/sources/url.ts';
import { listen } from '../helpers/listen.ts';
import { bucketWith } from './_controlled.ts';
import { ONE, sends, useServer } from './_server.ts';

const secret = 'hush-7f3a.b64+/~_==';

const server = useServer();

const source = (token?: Token, path = '/rules.xml') => {
  const url = server.url() + path;
  return urlSource(url, ({ headers, ...limits }) => readByFetch(url, headers, limits), token);
};
const load = (token?: Token) => source(token).load(AbortSignal.timeout(4000));
const sent = () => server.seen.map(({ headers }) => headers.authorization);

describe('a URL with a bearer token', () => {
  test('is requested with the token', async () => {
    expect(await load(() => secret)).toMatchObject({ outcome: 'rules' });
    expect(sent()).toEqual([`Bearer ${secret}`]);
  });

  test('is requested without Authorization if there is no token', async () => {
    expect(await load()).toMatchObject({ outcome: 'rules' });
    expect(sent()).toEqual([undefined]);
  });

  test('is requested with the token that is valid at each load', async () => {
    const tokens = ['first', 'second\n'];
    const rotating = source(async () => tokens.shift() ?? '');
    await rotating.load(AbortSignal.timeout(4000));
    await rotating.load(AbortSignal.timeout(4000), { etag: '"1"' });
    expect(sent()).toEqual(['Bearer first', 'Bearer second']);
    expect(server.seen[1]?.headers['if-none-match']).toBe('"1"');
  });

  test('that redirects is not followed, so that no other server gets the token', async () => {
    let stolen = 0;
    const other = createServer((_, response) => {
      stolen += 1;
      response.end(ONE);
    });
    server.answer = sends(302, '', { Location: `http://127.0.0.1:${await listen(other)}/` });
    expect(await load(() => secret)).toMatchObject({ outcome: 'unknown' });
    await new Promise((resolve) => other.close(resolve));
    expect(stolen).toBe(0);
  });

  test.each([
    ['is empty', () => ' \n'],
    ['has a blank inside', () => `${secret} x`],
    ['has a line break inside', () => `${secret}\r\nX-Evil: 1`],
    ['has letters beyond ASCII', () => `${secret}é`],
    ['is longer than 8192 characters', () => secret.repeat(1000)],
  ])('is not requested if the token %s', async (_, token) => {
    const loaded = await load(token);
    expect(loaded).toMatchObject({
      outcome: 'unknown',
      cause: `the token for ${server.url()}/rules.xml is empty, too long or has a character that no header can carry`,
    });
    expect(inspect(loaded)).not.toContain('hush');
    expect(server.seen).toEqual([]);
  });

  test.each([
    ["can't be read: ENOENT", Object.assign(new Error(`no ${secret}`), { code: 'ENOENT' })],
    ["can't be read", Object.assign(new Error(`no ${secret}`), { code: secret })],
    ["can't be read", secret],
  ])('is not requested if reading the token throws: %s', async (cause, error) => {
    const loaded = await load(() => {
      throw error;
    });
    expect(loaded).toMatchObject({
      outcome: 'unknown',
      cause: `the token for ${server.url()}/rules.xml ${cause}`,
    });
    expect(inspect(loaded)).not.toContain('hush');
  });

  test.each([
    ['401', sends(401), /answered 401/, /token is valid/],
    ['403', sends(403, secret), /answered 403/, /token is valid/],
    ['500', sends(500, secret), /answered 500/, /status 200/],
    ['the token in a page', sends(200, `who is ${secret}?`), /with the token/, /what answers at/],
    ['the token in a document', sends(200, ONE.replace('*', secret)), /with the token/, /what answers at/],
    ['the token as an ETag', sends(200, ONE, { ETag: `"${secret}"` }), /with the token/, /what answers at/],
    ['nothing', (_, response) => void response.socket?.destroy(), /could not be read/, /address/],
  ] as [string, RequestListener, RegExp, RegExp][])(
    'that answers %s is unknown, and its failure does not contain the token',
    async (_, answer, cause, cure) => {
      server.answer = answer;
      const cache = createRulesCache({ ttl: 1000, maxStale: 0 });
      await cache.current(bucketWith(source(() => secret, `/rules.xml?key=${secret}`)));
      const { failure, state } = cache.status('b');
      expect(state).toBe('unavailable');
      expect(failure?.cause).toMatch(cause);
      expect(failure?.cure).toMatch(cure);
      expect(inspect(failure)).not.toContain('hush');
    },
  );

  test('replaces the token in the messages of errors', async () => {
    const leaking = urlSource(
      `http://x.example?key=${secret}`,
      async () => {
        throw new Error(`Bearer ${secret}`, {
          cause: new Error(`at http://x.example/?key=${secret}: ${secret}`),
        });
      },
      () => secret,
    );
    expect(leaking.name).toBe('http://x.example/');
    const error = await leaking.load(AbortSignal.timeout(4000)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(inspect(error)).toContain('(token)');
    expect(inspect(error)).not.toContain('hush');
  });

  test('that answers 401 without a token has a cure that names the token', async () => {
    server.answer = sends(401);
    expect(await load()).toMatchObject({ cure: 'The document cannot be read without a token.' });
  });
});
