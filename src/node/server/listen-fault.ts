import type { OptionName } from '../../config/options.ts';
import type { Places } from '../../config/read.ts';
import { asFlag } from '../../config/spell.ts';
import { startFault } from '../start-fault.ts';
import { messageOf } from '../system-error.ts';
import { type Listening, type ListenOptions, listen, type Where } from './listen.ts';

/** The flags or variables that give a host and a port: `--host`, `PORT`. */
export interface Spelt {
  readonly host: string;
  readonly port: string;
}

/** The places of two options; their flags if they are not given. */
export const speltBy = (places: Places, host: OptionName, port: OptionName): Spelt => ({
  host: places[host] ?? asFlag(host),
  port: places[port] ?? asFlag(port),
});

/** Listens, or rejects with a start fault that says what to write. */
export async function listenOr(
  handler: Parameters<typeof listen>[0],
  where: Where,
  spelt: Spelt,
  options?: ListenOptions,
): Promise<Listening> {
  return listen(handler, where, options).catch((error) => {
    throw startFault([
      'socket' in where ? socketMessage(error, where.socket) : portMessage(error, where, spelt),
    ]);
  });
}

/** Why the edge cannot listen on a Unix socket, in one line. */
export function socketMessage(error: NodeJS.ErrnoException, path: string): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `--socket ${path} is in use: stop what listens there, or write another path`;
    case 'EEXIST':
      return `--socket ${path} exists and is not a socket: write another path`;
    case 'ENOENT':
      return `--socket ${path} is in a folder that does not exist: make it, or write another path`;
    case 'EACCES':
    case 'EPERM':
      return `--socket ${path} is in a folder that this process may not write to: write another path, or change its permissions`;
    default:
      return `can't listen on --socket ${path}: ${messageOf(error)}`;
  }
}

/** Codes for an address that is not this machine's, and for a name that the resolver does not know. */
const NOT_HERE: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL']);

/** Why the edge cannot listen on a port, in one line. */
export function portMessage(
  error: NodeJS.ErrnoException,
  { host, port }: { readonly host: string; readonly port: number },
  spelt: Spelt,
): string {
  const { code = '' } = error;
  if (code === 'EADDRINUSE') {
    return `port ${port} on ${host} is in use: stop what listens there, or choose another with ${spelt.port}`;
  }
  if (code === 'EACCES')
    return `port ${port} on ${host} needs more rights: choose one above 1023 with ${spelt.port}`;
  if (NOT_HERE.has(code)) {
    const write = `write 127.0.0.1, or 0.0.0.0 for every address${beforeOf(spelt.host)}`;
    return `${spelt.host} ${host} is not an address of this machine (${code}): ${write}`;
  }
  return `can't listen on ${host} port ${port}: ${messageOf(error)}`;
}

/** Other programs set short variables too, a shell or a build environment for example. */
const beforeOf = (place: string): string =>
  /^(?!BUCKET_CORS_)[A-Z_]+$/.test(place)
    ? `, into BUCKET_CORS_${place} where other programs need ${place}`
    : '';
