import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { ExportFile } from '../../export/target.ts';
import { FORWARDED } from './bucket.ts';
import { type CloudFrontPolicy, readPolicyFiles } from './cloudfront-policy.ts';
import { type CloudFrontHeaders, type FunctionRun, openFunction } from './cloudfront-runtime.ts';
import { listenOnLoopback } from './loopback.ts';
import type { Prover } from './prover.ts';

/**
 * A server that does what CloudFront's documentation says of a cache behaviour with a function and a response headers
 * policy. It has no cache: nothing that is exported is in a key.
 */
export const cloudfrontProver: Prover = {
  program: 'node:vm',
  install: '',
  isInstalled: async () => true,
  // An origin request policy, which is the operator's, says what else the bucket gets.
  withheld: FORWARDED,
  start: async (files, bucketUrl) => {
    const run = openFunction(textOf(files, '.js'));
    const policy = readPolicyFiles(
      textOf(files, '.response-headers-policy.json'),
      textOf(files, '.cache-behavior.json'),
    );
    const agent = new Agent({ keepAlive: true });
    const server = createServer((incoming, outgoing) => {
      answer(incoming, outgoing, { run, policy, bucketUrl, agent }).catch((error: unknown) => {
        // "The CloudFront function returned an invalid value, or tried to change a read-only header."
        outgoing.writeHead(502).end(String(error));
      });
    });
    const { url, close } = await listenOnLoopback(server);
    return {
      url,
      close: async () => {
        agent.destroy();
        await close();
      },
    };
  },
};

function textOf(files: readonly ExportFile[], end: string): string {
  const file = files.find(({ name }) => name.endsWith(end));
  if (file === undefined)
    throw new Error(`there is no file *${end}: --format config has the same function and policies`);
  return file.text;
}

interface Distribution {
  readonly run: FunctionRun;
  readonly policy: CloudFrontPolicy;
  readonly bucketUrl: string;
  readonly agent: Agent;
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { run, policy, bucketUrl, agent }: Distribution,
): Promise<void> {
  const { method = '', url = '/' } = incoming;
  incoming.resume();
  // CloudFront answers methods that the behaviour does not take itself, and calls no function.
  if (!policy.methods.includes(method)) {
    outgoing.writeHead(403).end();
    return;
  }
  const headers = eventHeaders(incoming.rawHeaders);
  const request = { method, uri: url.split('?')[0], querystring: {}, headers, cookies: {} };
  const made = run('viewer-request', { request });
  if ('statusCode' in made) {
    respond(outgoing, Number(made.statusCode), made.headers, bodyOf(made.body));
    return;
  }
  const found = await fromOrigin(bucketUrl + url, method, agent);
  const response = policy.applyTo(eventHeaders(found.headers), headers.origin?.value ?? null);
  // "CloudFront doesn't invoke edge functions for viewer response events when the origin returns 400 or higher."
  const sent =
    found.status >= 400
      ? response
      : run('viewer-response', { request: made, response: { statusCode: found.status, headers: response } })
          .headers;
  respond(outgoing, found.status, sent, found.body);
}

/** As the cache policy says, and without an origin request policy: the bucket gets no CORS headers of the client. */
function fromOrigin(
  url: string,
  method: string,
  agent: Agent,
): Promise<{ readonly status: number; readonly headers: readonly string[]; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = send(url, { method, agent }, (answered) => {
      const chunks: Buffer[] = [];
      answered.on('data', (chunk: Buffer) => chunks.push(chunk));
      answered.on('end', () =>
        resolve({
          status: answered.statusCode ?? 502,
          headers: answered.rawHeaders,
          body: Buffer.concat(chunks),
        }),
      );
      answered.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Connection headers, which CloudFront does not show to functions. */
const HIDDEN: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
]);

/** The structure of an event: names in lower case, several lines as `multiValue`. */
function eventHeaders(raw: readonly string[]): CloudFrontHeaders {
  const headers: Record<string, { value: string; multiValue?: { value: string }[] }> = {};
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    const value = raw[at + 1] ?? '';
    if (HIDDEN.has(name)) continue;
    const own = headers[name];
    if (own === undefined) headers[name] = { value };
    else own.multiValue = [...(own.multiValue ?? [{ value: own.value }]), { value }];
  }
  return headers;
}

const bodyOf = (body: unknown): Buffer =>
  typeof body === 'string'
    ? Buffer.from(body)
    : Buffer.from(String((body as { data?: string } | undefined)?.data ?? ''));

function respond(outgoing: ServerResponse, status: number, headers: CloudFrontHeaders, body: Buffer): void {
  const lines = Object.entries(headers).flatMap(([name, { value, multiValue = [{ value }] }]) => {
    const sent = name.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase());
    return multiValue.flatMap((line) => [sent, line.value]);
  });
  outgoing.writeHead(status, [...lines, 'Content-Length', String(body.length)]);
  outgoing.end(status === 304 ? undefined : body);
}
