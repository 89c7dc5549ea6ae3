/** Checks of an export beside `prove`: the program's own errors, and what reaches the bucket. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { CompiledRules } from '../../../src/cors/compile.ts';
import { differenceOf, outcomeOf } from '../../../src/export/outcome.ts';
import { requestsFor } from '../../../src/export/requests.ts';
import type { Target } from '../../../src/export/target.ts';
import { freePort } from '../../../src/node/prove/program.ts';
import type { Prover } from '../../../src/node/prove/prover.ts';
import { openSender } from '../../../src/node/prove/send.ts';
import { writtenFor } from '../_proofs.ts';

export type Change = (text: string) => string;
const unchanged: Change = (text) => text;

/** Runs an export, changed or not, before a bucket. */
export async function withExport<T>(
  target: Target,
  prover: Prover,
  rules: CompiledRules,
  { bucketUrl, change = unchanged }: { readonly bucketUrl: string; readonly change?: Change | undefined },
  use: (url: string) => Promise<T>,
): Promise<T> {
  const written = writtenFor(target, rules, { bucketUrl });
  const files = written.files.map((file) => ({ ...file, text: change(file.text) }));
  if (change !== unchanged && files.every(({ text }, at) => text === written.files[at]?.text))
    throw new Error('the mutant changes nothing');
  const proved = await prover.start(files, bucketUrl);
  try {
    return await use(proved.url);
  } finally {
    await proved.close();
  }
}

/** How many answers differ while the bucket refuses connections. */
export async function differencesWhenDown(
  target: Target,
  prover: Prover,
  rules: CompiledRules,
  change?: Change,
): Promise<number> {
  const { grade } = writtenFor(target, rules);
  const bucketUrl = `http://127.0.0.1:${await freePort()}`;
  return withExport(target, prover, rules, { bucketUrl, change }, async (url) => {
    const sender = openSender(url);
    let differences = 0;
    for (const request of requestsFor(rules, 60, 3)) {
      const { status, outcome } = await sender.send(request, '/object');
      const isError = request.method === 'OPTIONS' || status === 502 || status === 503;
      const difference = differenceOf(rules, request, outcomeOf(rules, request), outcome, grade);
      if (!isError || difference !== null) differences += 1;
    }
    await sender.close();
    return differences;
  });
}

/** The names of the CORS headers, and the methods, of the requests that reach the bucket. */
export async function reachesBucket(
  target: Target,
  prover: Prover,
  rules: CompiledRules,
  change?: Change,
): Promise<readonly string[]> {
  const seen = new Set<string>();
  const server = createServer((request: IncomingMessage, response) => {
    if (request.method === 'OPTIONS') seen.add('OPTIONS');
    for (const name of Object.keys(request.headers))
      if (name === 'origin' || name.startsWith('access-control-')) seen.add(name);
    request.resume();
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bucketUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await withExport(target, prover, rules, { bucketUrl, change }, async (url) => {
      const sender = openSender(url);
      for (const request of requestsFor(rules, 60, 3))
        await sender.send({ ...request, requestMethod: 'GET', requestHeaders: 'content-type' }, '/object');
      await sender.close();
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
  return [...seen];
}

/** Lines that no HTTP client sends: two of Origin, and an answer with several of Vary. */
export interface RawAnswers {
  /** Access-Control-Allow-Origin of a GET and the status of a preflight with two equal Origin lines. */
  readonly twoOrigins: readonly [allowOrigin: string | undefined, preflight: number | undefined];
  /** The names in Vary where the bucket has three lines, in lower case: for a method that varies, and for another. */
  readonly vary: readonly [varies: readonly string[], same: readonly string[]];
}

export async function rawAnswers(target: Target, prover: Prover, rules: CompiledRules): Promise<RawAnswers> {
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader('Vary', ['Origin', 'Accept-Encoding, origin ,Origin', 'Origin-Trial']);
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bucketUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await withExport(target, prover, rules, { bucketUrl }, async (url) => {
      const origin = 'Origin: https://app.example\r\n';
      const get = await exchange(url, 'GET', origin + origin);
      const preflight = await exchange(
        url,
        'OPTIONS',
        `${origin + origin}Access-Control-Request-Method: GET\r\n`,
      );
      const varyOf = async (method: string) =>
        namesIn((await exchange(url, method, `${origin}Content-Length: 0\r\n`)).fields('vary'));
      return {
        twoOrigins: [get.fields('access-control-allow-origin')[0], preflight.status],
        vary: [await varyOf('PUT'), await varyOf('PATCH')],
      };
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const namesIn = (lines: readonly string[]): readonly string[] =>
  lines
    .flatMap((line) => line.split(','))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
    .sort();

/** Sends a request byte for byte. */
async function exchange(url: string, method: string, lines: string) {
  const { host, hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  socket.write(`${method} /object HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${lines}\r\n`);
  await once(socket, 'close');
  const [first = '', ...fields] = (text.split('\r\n\r\n')[0] ?? '').split('\r\n');
  return {
    status: Number(first.split(' ')[1]),
    fields: (name: string): readonly string[] =>
      fields
        .filter((field) => field.toLowerCase().startsWith(`${name}:`))
        .map((field) => field.slice(name.length + 1).trim()),
  };
}
