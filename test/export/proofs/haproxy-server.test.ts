/** The name that HAProxy compares the certificate of a bucket with. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { haproxy } from '../../../src/export/haproxy/haproxy.ts';
import { haproxyProver } from '../../../src/node/prove/haproxy.ts';
import { listen } from '../../helpers/listen.ts';
import { presence } from '../../helpers/program.ts';
import { FILES } from '../../helpers/tls.ts';
import { type Change, withExport } from './_alone.ts';
import { EQUAL } from './_mutant-rules.ts';

const HAPROXY = presence('haproxy', '-v', 'haproxy');

describe.skipIf(HAPROXY.skipped)(`HAProxy before a bucket with https${HAPROXY.why}`, () => {
  const key = { cert: readFileSync(FILES.cert), key: readFileSync(FILES.key) };
  const server = createServer(key, (_, response) => response.end());
  let port = 0;
  beforeAll(async () => {
    port = await listen(server);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** The certificate has the DNS name `localhost`. */
  const TRUSTED: Change = (text) => text.replace('ca-file @system-ca', `ca-file ${FILES.cert}`);

  test.each<[name: string, host: string, status: number, change: Change]>([
    ['accepts the certificate of its name', 'localhost', 200, (text) => text],
    ['accepts no other for an IP address', '127.0.0.1', 503, (text) => text],
    ['would accept any without a name', '127.0.0.1', 200, (text) => text.replace(/ verifyhost \S+/, '')],
  ])('%s', async (_, host, status, change) => {
    const bucketUrl = `https://${host}:${port}`;
    const how = { bucketUrl, change: (text: string) => change(TRUSTED(text)) };
    await withExport(haproxy, haproxyProver, EQUAL, how, async (url) => {
      expect((await fetch(`${url}/object`)).status).toBe(status);
    });
  });
});
