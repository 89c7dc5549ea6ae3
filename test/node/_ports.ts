import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

/** A server that listens on a port of loopback. */
export async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}
/** Resolves when a server has closed. */
export const closed = (server: Server) => new Promise((resolve) => server.close(resolve));

/** A port of loopback that is free now. */
export async function freePort(): Promise<number> {
  const { server, port } = await listening();
  await closed(server);
  return port;
}

/** Whether no program listens at the address. */
export const refusesConnections = (url: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => resolve(false));
    socket.once('error', () => resolve(true)).once('connect', () => socket.destroy());
  });
