import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// The yardstick: the least work of a Node server for a request. As a child process it has its own CPU time. It sends its
// port, and its CPU time on every message.
const server = createServer((_, outgoing) => {
  outgoing.writeHead(200, { 'Content-Length': '0' }).end();
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ microseconds: user + system });
});
process.on('disconnect', () => process.exit(0));
