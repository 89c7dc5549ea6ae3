import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { RuleSet } from '../../src/cors/rule.ts';
import { toXml } from '../../src/document/xml.ts';
import { type ByHand, type Said, say } from './upstream.ts';

/** What a bucket does to one `GET /?cors`. */
type Act = (outgoing: ServerResponse) => void;

const byHand =
  (act: Act): ByHand =>
  (_asked, incoming, outgoing) => {
    incoming.resume().once('end', () => act(outgoing));
  };

const answers = (said: Said): ByHand => byHand((outgoing) => say(outgoing, said));

/** Writes these bytes to the connection instead of Node's HTTP. */
const bare = (text: string, then: 'end' | 'stay'): ByHand =>
  byHand(({ socket }) => {
    if (then === 'end') socket?.end(text, 'latin1');
    else socket?.write(text, 'latin1');
  });

/** Repeats `act` until the client closes the connection. */
function repeat(outgoing: ServerResponse, milliseconds: number, act: () => void): void {
  act();
  const timer = setInterval(act, milliseconds);
  outgoing.once('close', () => clearInterval(timer));
}

const XML_TYPE = ['Content-Type', 'application/xml'];
const OK = 'HTTP/1.1 200 OK\r\n';
const MEGABYTE = 1_048_576;

const error = (status: number, code: string): ByHand =>
  answers({ status, headers: XML_TYPE, body: `<Error><Code>${code}</Code></Error>` });

const LAUGHS = Array.from({ length: 10 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join(
  '',
);

/** Writes the chunk again and again until the connection closes. */
const pour = (outgoing: ServerResponse, chunk: Buffer): void => {
  const pump = () => {
    while (!outgoing.destroyed && outgoing.write(chunk));
  };
  outgoing.on('drain', pump);
  pump();
};

/** Every way in which a store, or a proxy before it, may answer `GET /?cors`; `good` are the right rules. */
export function misbehaving(good: RuleSet) {
  const xml = toXml(good);
  const size = Buffer.byteLength(xml);
  return {
    silent: byHand(() => undefined),
    slowHead: byHand((outgoing) => {
      outgoing.socket?.write(OK);
      repeat(outgoing, 500, () => outgoing.socket?.write('X-Wait: more\r\n'));
    }),
    slowBody: byHand((outgoing) => {
      let at = 0;
      outgoing.writeHead(200, [...XML_TYPE, 'Content-Length', String(size)]);
      repeat(outgoing, 1_000, () => outgoing.write(xml.charAt(at++)));
    }),
    neverEnding: byHand((outgoing) => void outgoing.writeHead(200, XML_TYPE).write(xml)),
    informationFlood: byHand((outgoing) =>
      repeat(outgoing, 10, () =>
        outgoing.socket?.write('HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n'.repeat(100)),
      ),
    ),

    information: byHand((outgoing) => {
      for (let count = 0; count < 20; count += 1) outgoing.writeEarlyHints({ link: '</>; rel=preload' });
      outgoing.writeProcessing();
      say(outgoing, { status: 200, headers: XML_TYPE, body: xml });
    }),
    gzip: answers({
      status: 200,
      headers: [...XML_TYPE, 'Content-Encoding', 'gzip'],
      body: gzipSync(xml),
    }),
    /** An unsigned answer is valid whatever its Date. */
    clockBehind: byHand((outgoing) => {
      const headers = [...XML_TYPE, 'Date', new Date(Date.now() - 20 * 60_000).toUTCString()];
      say(outgoing, { status: 200, headers, body: xml });
    }),

    noContent: answers({ status: 204 }),
    noConfiguration: error(404, 'NoSuchCORSConfiguration'),

    reset: byHand(({ socket }) => socket?.resetAndDestroy()),
    resetInBody: byHand((outgoing) => {
      outgoing.writeHead(200, [...XML_TYPE, 'Content-Length', String(size)]);
      outgoing.write(xml.slice(0, size / 2), () => outgoing.socket?.resetAndDestroy());
    }),
    /** Without a length the end of the connection marks the end of the body (RFC 9112 §6.3). */
    resetWithoutLength: byHand(({ socket }) => {
      socket?.write(`${OK}\r\n${xml.slice(0, size / 2)}`, () => socket.resetAndDestroy());
    }),
    endInChunks: byHand((outgoing) => {
      outgoing.writeHead(200, XML_TYPE).write(xml, () => outgoing.socket?.end());
    }),
    lengthTooLong: bare(`${OK}Content-Length: ${size + 10}\r\n\r\n${xml}`, 'end'),
    lengthTooShort: bare(`${OK}Content-Length: ${size - 10}\r\n\r\n${xml}`, 'end'),
    notHttp: bare('SSH-2.0-OpenSSH_9.2\r\n', 'end'),
    hugeHead: bare(`${OK}X-Much: ${'a'.repeat(MEGABYTE)}\r\nContent-Length: 0\r\n\r\n`, 'stay'),
    manyHeaders: bare(`${OK}${'X-Many: a\r\n'.repeat(50_000)}Content-Length: 0\r\n\r\n`, 'stay'),

    internalError: error(500, 'InternalError'),
    forbidden: error(403, 'AccessDenied'),
    redirectLoop: answers({ status: 307, headers: ['Location', '/?cors'] }),
    emptyNotFound: answers({ status: 404 }),
    empty: answers({ status: 200, headers: XML_TYPE }),
    page: answers({
      status: 200,
      headers: ['Content-Type', 'text/html'],
      body: '<!DOCTYPE html><html><body>Please log in</body></html>',
    }),
    truncated: answers({ status: 200, headers: XML_TYPE, body: xml.slice(0, size / 2) }),
    laughs: answers({
      status: 200,
      headers: XML_TYPE,
      body: `<!DOCTYPE c [<!ENTITY l0 "ha">${LAUGHS}]><CORSConfiguration>&l10;</CORSConfiguration>`,
    }),

    tenMegabytes: answers({
      status: 200,
      headers: XML_TYPE,
      body: xml.replace('</CORSConfiguration>', `${' '.repeat(10 * MEGABYTE)}</CORSConfiguration>`),
    }),
    endless: byHand((outgoing) => {
      outgoing.writeHead(200, XML_TYPE);
      pour(outgoing, Buffer.alloc(65_536, ' '));
    }),
    gzipBomb: answers({
      status: 200,
      headers: [...XML_TYPE, 'Content-Encoding', 'gzip'],
      body: gzipSync(Buffer.alloc(100 * MEGABYTE, ' ')),
    }),
    notGzip: answers({ status: 200, headers: [...XML_TYPE, 'Content-Encoding', 'gzip'], body: xml }),
  } satisfies Record<string, ByHand>;
}

/** Answers 500 `times` times, then with the right rules. */
export function failing(times: number, good: RuleSet): ByHand {
  let left = times;
  const { internalError } = misbehaving(good);
  const right = answers({ status: 200, headers: XML_TYPE, body: toXml(good) });
  return (...exchange) => (left-- > 0 ? internalError : right)(...exchange);
}
