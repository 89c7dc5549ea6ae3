// Bare node:http with its defaults: `writeHead` and `end`. Argument: the headers of every answer as a flat JSON list.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import '../../src/node/server/tick.ts';

const headers = JSON.parse(process.argv[2] ?? '[]') as string[];
const server = createServer((_, outgoing) => {
  outgoing.writeHead(200, headers).end();
});
server.listen(0, '127.0.0.1', () =>
  console.log(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
