/** A real program with an export, asked byte by byte, before a bucket that records what reaches it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { CompiledRules } from '../../../src/cors/compile.ts';
import type { Target } from '../../../src/export/target.ts';
import type { Prover } from '../../../src/node/prove/prover.ts';
import { freePort, listen } from '../../helpers/listen.ts';
import { openWire } from '../../helpers/wire.ts';
import { writtenFor } from '../_proofs.ts';

export interface RawAnswer {
  readonly status: number;
  /** The lines about CORS, as `name: value` with the name in lower case, sorted. */
  readonly lines: readonly string[];
  readonly body: string;
}

export interface Raw {
  /** Sends the lines of a request's head on a new connection; the first is the request line. */
  ask(...lines: readonly string[]): Promise<RawAnswer>;
  /** Method, target and header lines of each request that reached the bucket. */
  readonly reached: readonly string[];
  close(): Promise<void>;
}

/** The bucket's answers, by path: `/vary` has a Vary of two lines, `/long/100000` a body of so many bytes. */
const VARY: Readonly<Record<string, readonly string[]>> = {
  '/vary': ['Accept-Encoding', 'X-One, origin ,X-Two'],
  '/star': ['*'],
  '/lines': ['Origin', 'Accept-Encoding'],
  '/repeated': ['Origin, A, ORIGIN , B,origin'],
  '/store': ['Origin, Access-Control-Request-Headers, Access-Control-Request-Method'],
  '/origin': ['origin'],
};

export async function openRaw(
  target: Target,
  prover: Prover,
  rules: CompiledRules,
  { isDown = false, path = '' } = {},
): Promise<Raw> {
  const reached: string[] = [];
  const server = createServer((request, response) => {
    const lines = request.rawHeaders.flatMap((name, at, all) =>
      at % 2 === 0 ? [`${name.toLowerCase()}: ${all[at + 1]}`] : [],
    );
    reached.push([`${request.method} ${request.url}`, ...lines].join('\n'));
    request.resume();
    const vary = VARY[request.url ?? ''];
    if (vary !== undefined) response.setHeader('Vary', [...vary]);
    response.setHeader('Access-Control-Allow-Origin', 'https://bucket.example');
    response.setHeader('Cache-Control', 'max-age=60');
    response.setHeader('ETag', '"object"');
    const [, long] = /^\/long\/(\d+)$/.exec(request.url ?? '') ?? [];
    response.end(long === undefined ? 'the object' : Buffer.alloc(Number(long), 'a'));
  });
  const port = isDown ? await freePort() : await listen(server);
  const bucketUrl = `http://127.0.0.1:${port}`;
  const written = writtenFor(target, rules, { bucketUrl: `${bucketUrl}${path}` });
  const proved = await prover.start(written.files, bucketUrl);
  return {
    reached,
    async ask(first, ...lines) {
      const wire = openWire(proved.url);
      await wire.send(`${[first, ...lines].join('\r\n')}\r\n\r\n`);
      const { status, headers, body } = await wire.answer(first?.split(' ')[0] ?? '');
      wire.socket.destroy();
      const all = headers.flatMap((name, at) =>
        at % 2 === 0 ? [`${name.toLowerCase()}: ${headers[at + 1]}`] : [],
      );
      const ours = all.filter((line) => /^(?:access-control-|vary:)/.test(line)).sort();
      return { status, lines: ours, body: body.toString('latin1') };
    },
    async close() {
      await proved.close();
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
