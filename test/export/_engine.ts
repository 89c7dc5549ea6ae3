/** The smallest target, and a program that runs it. */
import { request as ask, createServer } from 'node:http';
import type { Facts } from '../../src/cors/decide.ts';
import { bannerOf, readBanner, rulesOfBanner } from '../../src/export/banner.ts';
import { type Outcome, outcomeOf } from '../../src/export/outcome.ts';
import type { Target } from '../../src/export/target.ts';
import { PROBE, REACHED } from '../../src/node/prove/bucket.ts';
import type { Prover } from '../../src/node/prove/prover.ts';
import { listen } from '../helpers/listen.ts';

/** An export that is its banner alone. */
export const bannerTarget: Target = {
  name: 'banner',
  about: '',
  formats: ['config'],
  compile: (rules, options) => ({
    ok: true,
    files: [{ name: 'cors.conf', use: '', text: bannerOf('banner', rules, options, '#', '') }],
    grade: 'equal',
    notes: [],
    enforced: rules,
    lost: [],
  }),
  read: () => ({ ok: false, faults: [] }),
};

/** The head of a bucket's answer, as far as a proxy sees it. */
interface Head {
  readonly vary: readonly string[];
  readonly length: number;
}

/** A request as the proxy sends it to the bucket. */
interface Sending {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

const same = <T>(one: T): T => one;

/**
 * A proxy that answers by the engine and the rules of the banner. It sees of an answer what `see` returns, and sends the
 * bucket what `pass` returns.
 */
export const proverThatSees = (
  see: (head: Head) => Head,
  pass: (request: Sending, origin: string | null) => Sending = same,
): Prover => ({
  program: 'node',
  install: '',
  isInstalled: async () => true,
  start: async ([file], bucketUrl) => {
    const banner = readBanner(file?.text ?? '');
    if (banner === null) throw new Error('no banner');
    const rules = rulesOfBanner(banner);
    const server = createServer((incoming, outgoing) => {
      const { headers, method = '' } = incoming;
      const facts: Facts = {
        method,
        origin: headers.origin ?? null,
        requestMethod: headers['access-control-request-method'] ?? null,
        requestHeaders: headers['access-control-request-headers'] ?? null,
      };
      const send = (status: number, { headers: lines }: Outcome, more: readonly string[] = []) =>
        outgoing.writeHead(status, [...lines.flat(), ...more]).end();
      const preflight = outcomeOf(rules, facts);
      if (preflight.status !== null) {
        send(preflight.status, preflight);
        return;
      }
      const own = { authorization: headers.authorization ?? '', [PROBE]: String(headers[PROBE] ?? '') };
      const sent = pass({ method, target: incoming.url ?? '/', headers: own }, facts.origin);
      const options = { method: sent.method, headers: sent.headers };
      const asked = ask(`${bucketUrl}${sent.target}`, options, (answer) => {
        answer.resume();
        const { vary, length } = see({
          vary: answer.headersDistinct.vary ?? [],
          length: Number(answer.headers['content-length'] ?? 0),
        });
        if (length > BUFFER) send(500, outcomeOf(rules, facts));
        else {
          const reached = [REACHED, String(answer.headers[REACHED])];
          send(answer.statusCode ?? 0, outcomeOf(rules, facts, vary), reached);
        }
      });
      asked.on('error', () => send(502, outcomeOf(rules, facts))).end();
    });
    const port = await listen(server);
    return {
      url: `http://127.0.0.1:${port}`,
      close: async () => {
        server.closeAllConnections();
        server.close();
      },
    };
  },
});

/** Characters of a body that the proxy passes. */
const BUFFER = 64_000;

export const engineProver = proverThatSees(({ vary }) => ({ vary, length: 0 }));
