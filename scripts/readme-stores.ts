// The stores behind the commands of the pages: an OSS bucket `my-bucket` on port 9001, which checks signatures as OSS
// does, and a bucket of an S3-compatible store on port 9000, path-style.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toXml } from '../src/document/xml.ts';
import { openDirectoryBucket } from '../src/node/directory/server.ts';

const RULES = toXml({
  rules: [
    {
      allowedOrigins: ['https://app.example.com'],
      allowedMethods: ['GET', 'HEAD'],
      allowedHeaders: [],
      exposeHeaders: ['ETag'],
    },
  ],
  responseVary: false,
});

const folder = mkdtempSync(join(tmpdir(), 'readme-'));
writeFileSync(`${folder}.cors.xml`, RULES);
writeFileSync(join(folder, 'hello.txt'), 'hello');
mkdirSync(join(folder, 'public'));
writeFileSync(join(folder, 'public/hello.txt'), 'hello, all pages');
await openDirectoryBucket({
  folder,
  port: 9001,
  bucket: 'my-bucket',
  credentials: { accessKeyId: 'my-key-id', accessKeySecret: 'my-key-secret' },
});

createServer((asked, answer) => {
  const signed = /^AWS4-HMAC-SHA256 Credential=my-key-id\//.test(asked.headers.authorization ?? '');
  if (!asked.url?.endsWith('/?cors')) answer.writeHead(200, { ETag: '"e"' }).end('hello');
  else if (!asked.url.startsWith('/my-bucket/'))
    answer.writeHead(404).end('<Error><Code>NoSuchBucket</Code></Error>');
  else if (signed) answer.writeHead(200, { 'Content-Type': 'application/xml' }).end(RULES);
  else answer.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
}).listen(9000, '127.0.0.1', () => console.log('ready'));
