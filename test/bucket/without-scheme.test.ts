import { describe, expect, test } from 'vitest';
import { urlMeant } from '../../src/bucket/without-scheme.ts';

describe('a text without a scheme means a URL', () => {
  test.each<readonly [string, string, boolean]>([
    ['127.0.0.1:9000/b', 'http://127.0.0.1:9000/b', true],
    ['10.0.0.5', 'http://10.0.0.5', true],
    ['localhost:9000', 'http://localhost:9000', true],
    ['LOCALHOST', 'http://LOCALHOST', true],
    ['minio:9000/b', 'http://minio:9000/b', true],
    ['[::1]:9000/b', 'http://[::1]:9000/b', true],
    ['127.0.0.1:443', 'https://127.0.0.1:443', true],
    ['minio.example.com:9000/b', 'https://minio.example.com:9000/b', true],
    ['files.example.com:80', 'http://files.example.com:80', true],
    ['my-bucket.oss-cn-hangzhou.aliyuncs.com', 'https://my-bucket.oss-cn-hangzhou.aliyuncs.com', false],
    ['my_bucket.s3.amazonaws.com/', 'https://my_bucket.s3.amazonaws.com/', false],
    ['example.com/cors.xml', 'https://example.com/cors.xml', false],
    ['example.com./cors.xml', 'https://example.com./cors.xml', false],
    ['example.xn--p1ai', 'https://example.xn--p1ai', false],
    ['example.com/cors.xml?Signature=hush', 'https://example.com/cors.xml', true],
    ['example.com#hush', 'https://example.com', true],
    ['user:hush@b.example/c', 'https://b.example/c', true],
    ['hush@localhost', 'http://localhost', true],
  ])('%s', (text, url, isCertain) => {
    expect(urlMeant(text)).toEqual({ url, isCertain, hasUser: text.includes('@') });
  });

  test.each([
    'https://b.example',
    'oss://media?region=cn-hangzhou',
    './b.example',
    '../b.example',
    '/srv/b.example',
    '~/b.example',
    '.',
    'C:\\media',
    'c:/media',
    'C:9000',
    'media',
    'media/b.example',
    'media.d/x',
    'photos-2024.01',
    'v1.2',
    'cors.xml',
    'rules/cors.json',
    'cors.yaml',
    'media@2x',
    '[1]',
    '[{"a":1}]',
    '<a/>',
    'bucket',
    'env:MEDIA',
    'oss:media',
    'kv:b.example',
    '',
  ])('but %j does not', (text) => {
    expect(urlMeant(text)).toBe(null);
  });

  test('in time linear in its length', () => {
    const began = performance.now();
    urlMeant(`${'a-.'.repeat(50_000)}!`);
    urlMeant(`${'a'.repeat(150_000)}:!`);
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
