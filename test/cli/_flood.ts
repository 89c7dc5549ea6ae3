import { dial } from '../helpers/client.ts';

/** Milliseconds of silence after which the flood fails. */
const SILENCE_MS = 20_000;
/** The edge accepts at most 64 requests in a row on one connection. */
const AT_ONCE = 50;

export interface Flood {
  readonly count: number;
  /** Characters of each Origin and of each path. */
  readonly origin: number;
  readonly path: number;
}

/** Sends pipelined preflights on one connection; resolves to the number of 200s when all are answered. */
export function flood(url: string, { count, origin, path }: Flood): Promise<number> {
  const request = [
    `OPTIONS /${'p'.repeat(path)} HTTP/1.1`,
    'Host: a.test',
    `Origin: https://${'o'.repeat(origin)}`,
    'Access-Control-Request-Method: GET',
    '\r\n',
  ].join('\r\n');
  const socket = dial(url).setTimeout(SILENCE_MS);
  let sent = 0;
  let answered = 0;
  let good = 0;
  let rest = '';
  const send = (): void => {
    for (let more = true; more && sent < count && sent < answered + AT_ONCE; sent += 1)
      more = socket.write(request);
  };
  return new Promise((resolve, reject) => {
    socket.setEncoding('latin1').on('data', (text: string) => {
      // The response to a preflight has no body.
      const heads = (rest + text).split('\r\n\r\n');
      rest = heads.pop() ?? '';
      answered += heads.length;
      good += heads.filter((head) => head.startsWith('HTTP/1.1 200')).length;
      if (answered < count) send();
      else {
        socket.destroy();
        resolve(good);
      }
    });
    socket.on('drain', send).on('timeout', () => reject(new Error(`${answered} of ${count} were answered`)));
    socket.on('error', reject).on('close', () => reject(new Error(`closed after ${answered} answers`)));
    send();
  });
}
