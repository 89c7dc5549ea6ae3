import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// The yardstick: the least a Node server can do for a request. Run as a child process, so that its CPU
// time is its own; it tells its port, and its CPU time whenever it is asked.
const server = createServer((_, outgoing) => {
  outgoing.writeHead(200, { 'Content-Length': '0' }).end();
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ microseconds: user + system });
});
process.on('disconnect', () => process.exit(0));
