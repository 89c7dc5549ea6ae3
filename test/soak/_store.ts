import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RuleSet } from '../../src/cors/rule.ts';
import { toXml } from '../../src/document/xml.ts';

/** A bucket whose rules flip. It records no requests, so that its memory does not grow. */
export interface FlippingStore {
  readonly url: string;
  /** The number of `GET /?cors`, and of those answered 304. */
  loads(): number;
  unchanged(): number;
  flip(): void;
  close(): Promise<void>;
}

const OBJECT = Buffer.alloc(1024, 'o');

export async function openFlippingStore(sets: readonly RuleSet[]): Promise<FlippingStore> {
  const documents = sets.map((set, at) => ({ xml: toXml(set), etag: `"${at}"` }));
  let turn = 0;
  let loads = 0;
  let unchanged = 0;
  const server = createServer((incoming, outgoing) => {
    if (incoming.url !== '/?cors') {
      outgoing.writeHead(200, { 'Content-Length': OBJECT.length }).end(OBJECT);
      return;
    }
    loads += 1;
    const { xml, etag } = documents[turn % documents.length] ?? { xml: '', etag: '' };
    if (incoming.headers['if-none-match'] === etag) {
      unchanged += 1;
      outgoing.writeHead(304, { ETag: etag }).end();
    } else {
      outgoing.writeHead(200, { ETag: etag, 'Content-Type': 'application/xml' }).end(xml);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loads: () => loads,
    unchanged: () => unchanged,
    flip: () => {
      turn += 1;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
