import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../src/bucket/address.ts';
import { askForRules, rulesUrl } from '../../src/bucket/read.ts';
import type { Address } from '../../src/bucket/transport.ts';
import { MAX_DOCUMENT_BYTES } from '../../src/rules/source.ts';
import { bucketSource, interpret } from '../../src/rules/sources/bucket.ts';

const error = (code: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n  <Code>${code}</Code>\n  <Message>m</Message>\n</Error>`;
const HTML = '<!DOCTYPE html><html><body><h1>It works</h1></body></html>';
const GOOGLE =
  '<CorsConfig><Cors><Origins><Origin>*</Origin></Origins><Methods><Method>GET</Method></Methods></Cors></CorsConfig>';
const ONE =
  '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>';

describe('an answer to GET /?cors', () => {
  test.each([
    ['a document', 200, ONE, 'rules'],
    [
      'a document in the namespace of S3',
      200,
      ONE.replace('>', ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'),
      'rules',
    ],
    ['the XML of Google Cloud Storage', 200, GOOGLE, 'rules'],
    ['the XML of Google Cloud Storage without rules', 200, '<CorsConfig/>', 'rules'],
    ['an empty document, as old MinIO answers without rules', 200, '<CORSConfiguration/>', 'rules'],
    ['a document with a method that only RGW knows', 200, ONE.replace('GET', 'COPY'), 'rules'],
    ['no content, as Garage answers without rules', 204, '', 'none'],
    ['no such configuration', 404, error('NoSuchCORSConfiguration'), 'none'],
    [
      'no such configuration, with spaces in the element',
      404,
      '<Error><Code> NoSuchCORSConfiguration </Code></Error>',
      'none',
    ],
    ['no such bucket', 404, error('NoSuchBucket'), 'missing'],
    ['garbage with 200', 200, 'ok', 'unknown'],
    ['a broken document with 200', 200, ONE.slice(0, -5), 'unknown'],
    ['an HTML page with 200, from a captive portal', 200, HTML, 'unknown'],
    ['an error with 200', 200, error('AccessDenied'), 'unknown'],
    ['another document with 200', 200, '<ListBucketResult/>', 'unknown'],
    ['a partial document', 206, ONE, 'unknown'],
    ['another success', 202, '', 'unknown'],
    ['an HTML page with 404, from a proxy', 404, HTML, 'unknown'],
    ['an empty 404', 404, '', 'unknown'],
    ['no such key, from a store that ignores ?cors', 404, error('NoSuchKey'), 'unknown'],
    ['no such configuration with a status that is not 404', 403, error('NoSuchCORSConfiguration'), 'unknown'],
    ['no such bucket with a status that is not 404', 403, error('NoSuchBucket'), 'unknown'],
    [
      'a code in the message only',
      404,
      '<Error><Code>X</Code><Message>NoSuchCORSConfiguration</Message></Error>',
      'unknown',
    ],
    ['moved', 301, error('PermanentRedirect'), 'unknown'],
    ['found elsewhere', 307, '', 'unknown'],
    ['not modified, to an unconditional request', 304, '', 'unknown'],
    ['bad request', 400, error('InvalidRequest'), 'unknown'],
    ['not authorised', 401, '', 'unknown'],
    ['forbidden', 403, error('AccessDenied'), 'unknown'],
    ['method not allowed', 405, error('MethodNotAllowed'), 'unknown'],
    ['too many', 429, '', 'unknown'],
    ['internal error', 500, error('InternalError'), 'unknown'],
    ['not implemented', 501, error('NotImplemented'), 'unknown'],
    ['bad gateway', 502, HTML, 'unknown'],
    ['slow down', 503, error('SlowDown'), 'unknown'],
  ])('has the outcome of the table when it is %s', (_, status, text, outcome) => {
    expect(interpret(status, text)).toMatchObject({ outcome });
  });

  test.each([
    [301, error('PermanentRedirect'), '301 PermanentRedirect', /regional address/],
    [200, '[]', 'JSON', /answer XML/],
    [200, ' {"cors":[]}', 'JSON', /answer XML/],
    [304, '', '304', /not conditional/],
    [401, '', '401', /--credentials.*--rules FILE/],
    [403, error('AccessDenied'), '403 AccessDenied', /--credentials.*--rules FILE/],
    [404, HTML, '404', /--bucket names a bucket/],
    [404, error('NoSuchKey'), '404 NoSuchKey', /--bucket names a bucket/],
    [405, error('MethodNotAllowed'), '405 MethodNotAllowed', /has no CORS rules.*--rules FILE/],
    [501, error('NotImplemented'), '501 NotImplemented', /has no CORS rules.*--rules FILE/],
    [400, error('AuthorizationHeaderMalformed'), '400 AuthorizationHeaderMalformed', /^Check --region, /],
    [400, '', '400', /^Check --region, --bucket-name and --signature/],
    [408, '', '408', /asks again by itself/],
    [429, '', '429', /asks again by itself/],
    [500, '', '500', /asks again by itself/],
    [503, error('SlowDown'), '503 SlowDown', /asks again by itself/],
  ])('of status %i and body %j gives a cause with its code, and a cure', (status, text, answered, cure) => {
    expect(interpret(status, text)).toMatchObject({
      outcome: 'unknown',
      cause: `the bucket answered ${answered} to GET /?cors`,
      cure: expect.stringMatching(cure),
    });
  });

  test('that is an HTML page says so in the cause', () => {
    expect(interpret(200, HTML)).toMatchObject({
      cause: 'the bucket answered an HTML page to GET /?cors',
      cure: expect.stringMatching(/^Stores answer XML there: look for a proxy in between/),
    });
  });

  test('in the XML of Google Cloud Storage gives the same rules as in the XML of S3', () => {
    const [google, s3] = [interpret(200, GOOGLE), interpret(200, ONE)].map((loaded) =>
      loaded.outcome === 'rules' ? [loaded.ruleSet, loaded.warnings] : loaded,
    );
    expect(google).toEqual(s3);
  });

  test('with an unknown method gives rules without it, and a warning', () => {
    const loaded = interpret(
      200,
      ONE.replace('</CORSRule>', '<AllowedMethod>COPY</AllowedMethod></CORSRule>'),
    );
    expect(loaded).toMatchObject({
      ruleSet: { rules: [{ allowedMethods: ['GET'] }] },
      warnings: [{ place: 'CORSRule[1]/AllowedMethod[2]', value: 'COPY' }],
    });
  });

  test('with a very long code gives a short cause', () => {
    const { cause } = interpret(503, error('X'.repeat(60_000))) as { cause: string };
    expect(cause.length).toBeLessThan(1000);
  });
});

describe('the bucket source', () => {
  const address = (url: string) => parseAddress(url) as Address;

  test.each([
    ['https://b.example', 'https://b.example/?cors'],
    ['https://b.example/', 'https://b.example/?cors'],
    ['http://127.0.0.1:9000/b/', 'http://127.0.0.1:9000/b/?cors'],
  ])('for %s requests %s', async (url, asked) => {
    const seen: unknown[] = [];
    const ask = askForRules(address(url), async (at, headers, { maxBytes }) => {
      seen.push([at, headers, maxBytes]);
      return { status: 204, headers: new Headers(), text: '' };
    });
    const source = bucketSource(rulesUrl(address(url)), ask);
    expect(source).toMatchObject({ kind: 'bucket', name: asked });
    expect(await source.load(new AbortController().signal)).toEqual({ outcome: 'none' });
    expect(seen).toEqual([[asked, ['Host', new URL(url).host], MAX_DOCUMENT_BYTES]]);
  });

  test('sends the headers that the signer added', async () => {
    const seen: unknown[] = [];
    const ask = askForRules(
      address('https://s.example/b'),
      async (at, headers) => {
        seen.push(at, headers);
        return { status: 204, headers: new Headers(), text: '' };
      },
      async (request) => ({
        ...request,
        headers: [...request.headers, 'Authorization', `for ${request.target}`],
      }),
    );
    await ask({ headers: ['If-None-Match', '"1"'], maxBytes: 1, signal: new AbortController().signal });
    expect(seen).toEqual([
      'https://s.example/b/?cors',
      ['Host', 's.example', 'If-None-Match', '"1"', 'Authorization', 'for /b/?cors'],
    ]);
  });
});
