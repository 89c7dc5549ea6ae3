import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toXml } from '../../src/index.ts';
import { ruleSetOf } from '../lib/rules.ts';

// A bucket with ten rules and one small object, as a child process. The last message decides its answer to `GET /?cors`:
// `unchanged` is 304, `same` the same rules again, `changed` other rules each time, `slow` the rules after a delay.
const OBJECT = Buffer.alloc(1024, 'o');
/** Milliseconds. */
const DELAY = 300;
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
    if (mode === 'slow') setTimeout(() => outgoing.end(document), DELAY);
    else outgoing.end(document);
  }
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', (message) => {
  mode = message;
});
process.on('disconnect', () => process.exit(0));
