import { startFault } from '../start-fault.ts';

const WRITE =
  'write redis://HOST:PORT, or rediss:// for TLS, with USER:PASSWORD@ before HOST and /NUMBER after PORT where needed';

export type RedisAddress = ReturnType<typeof redisAddress>;

/** Reads the URL of Redis. Throws a start fault that quotes no part of it: any part of a misspelt URL may be the password. */
export function redisAddress(url: string) {
  const fault = (reason: string) => startFault([`the URL of Redis ${reason}; ${WRITE}`]);
  const parsed = URL.parse(url);
  if (parsed === null) throw fault('is not a URL');
  const { protocol, hostname, pathname, search, hash } = parsed;
  if (protocol !== 'redis:' && protocol !== 'rediss:')
    throw fault('begins with neither redis:// nor rediss://');
  if (hostname === '') throw fault('names no host');
  if (search !== '' || hash !== '') throw fault('has a query or a fragment');
  if (!/^(?:\/\d{0,5})?$/.test(pathname)) throw fault('has a path that is not the number of a database');
  const port = Number(parsed.port || 6379);
  try {
    return {
      shown: `${protocol}//${hostname}:${port}`,
      tls: protocol === 'rediss:',
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port,
      database: Number(pathname.slice(1)),
      username: decodeURIComponent(parsed.username),
      password: decodeURIComponent(parsed.password),
    };
  } catch {
    throw fault('has a stray % in its user name or password, where it is written %25');
  }
}
