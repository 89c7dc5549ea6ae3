import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toXml } from '../../src/index.ts';
import { ruleSetOf } from '../lib/rules.ts';

// A bucket with ten rules and one small object, as a child process. Told `unchanged`, it says that its rules are
// the ones it gave before; told `same`, it gives them again; told `changed`, it gives others every time; told
// `slow`, it thinks for a while.
const OBJECT = Buffer.alloc(1024, 'o');
/** Milliseconds. */
const THINKING = 300;
const ETAG = '"first"';
const documents = ['first', 'second'].map((name) => toXml(ruleSetOf(name, 10)));
let mode: unknown = 'same';
let asked = 0;
const server = createServer((incoming, outgoing) => {
  if (incoming.url !== '/?cors') {
    outgoing.writeHead(200, { 'Content-Length': OBJECT.length }).end(OBJECT);
  } else if (mode === 'unchanged' && incoming.headers['if-none-match'] === ETAG) {
    outgoing.writeHead(304, { ETag: ETAG }).end();
  } else {
    asked += 1;
    const document = documents[mode === 'changed' ? asked % 2 : 0];
    outgoing.writeHead(200, mode === 'unchanged' ? { ETag: ETAG } : {});
    if (mode === 'slow') setTimeout(() => outgoing.end(document), THINKING);
    else outgoing.end(document);
  }
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', (told) => {
  mode = told;
});
process.on('disconnect', () => process.exit(0));
