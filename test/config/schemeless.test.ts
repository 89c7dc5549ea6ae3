import { describe, expect, test } from 'vitest';
import { parseBucket } from '../../src/config/bucket-url.ts';
import { parseRules } from '../../src/config/values.ts';

describe('a bucket without a scheme is a fault with the URL to write:', () => {
  test.each([
    ['my-bucket.oss-cn-hangzhou.aliyuncs.com', 'https://my-bucket.oss-cn-hangzhou.aliyuncs.com'],
    ['my-bucket.s3.eu-central-1.amazonaws.com', 'https://my-bucket.s3.eu-central-1.amazonaws.com'],
    ['127.0.0.1:9000/b', 'http://127.0.0.1:9000/b'],
    ['localhost:9000/b', 'http://localhost:9000/b'],
    ['files.example.com', 'https://files.example.com, or ./files.example.com for a folder'],
    // The host serves all buckets.
    ['oss-cn-hangzhou.aliyuncs.com', 'https://my-bucket.oss-cn-hangzhou.aliyuncs.com'],
    ['oss-cn-hangzhou.aliyuncs.com/media', 'https://media.oss-cn-hangzhou.aliyuncs.com'],
    ['files.example.com/b?Signature=hush', 'https://files.example.com/b'],
  ])('%s', (text, write) => {
    expect(parseBucket(text)).toEqual({ reason: 'has no scheme', write });
  });

  test('with a user name, which is the fault', () => {
    expect(parseBucket('user:hush@127.0.0.1:9000/b')).toEqual({
      reason: 'contains a user name or password',
      write: 'http://127.0.0.1:9000/b',
    });
  });

  test.each([
    'media',
    'media/2024',
    'C:\\media',
    './files.example.com',
    '../x',
    '/srv/files.example.com',
    '.',
  ])('but %s is a folder', (path) => {
    expect(parseBucket(path)).toEqual({ value: { kind: 'folder', path } });
  });
});

describe('rules without a scheme are', () => {
  test.each([
    ['localhost:8000/cors.xml', 'http://localhost:8000/cors.xml'],
    ['127.0.0.1/cors.xml', 'http://127.0.0.1/cors.xml'],
    ['example.com/cors.xml?Signature=hush', 'https://example.com/cors.xml'],
  ])('a fault at a certain host: %s', (text, url) => {
    expect(parseRules(text)).toEqual({
      reason: 'has no scheme',
      write: `${url}, or ./ before the path of a file`,
    });
  });

  test.each(['example.com/cors.xml', 'cors.xml', 'rules/cors.xml', 'C:\\cors.xml', './localhost:8000'])(
    'a file otherwise: %s',
    (path) => {
      expect(parseRules(path)).toEqual({ value: { kind: 'file', path } });
    },
  );
});
