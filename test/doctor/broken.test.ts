import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { freePort } from '../helpers/listen.ts';
import { FILES } from '../helpers/tls.ts';
import { examineUrl } from './_server.ts';

/** Milliseconds for each request. */
const LIMIT = 300;

/** Serves each connection by hand while `work` runs. */
async function whileTcp<T>(act: (socket: Socket) => void, work: (url: string) => Promise<T>): Promise<T> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('data', () => act(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/photo.jpg`);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const OK = 'HTTP/1.1 200 OK\r\n';

const BROKEN: readonly {
  readonly name: string;
  readonly act: (socket: Socket) => void;
  readonly code: string;
  readonly says: RegExp;
}[] = [
  {
    name: 'closes at once',
    act: (socket) => socket.end(),
    code: 'no_answer',
    says: /closed before an answer/,
  },
  {
    name: 'resets',
    act: (socket) => socket.resetAndDestroy(),
    code: 'no_answer',
    says: /closed before an answer/,
  },
  { name: 'is silent', act: () => {}, code: 'no_answer', says: /no answer within 0\.3 s/ },
  {
    name: 'sends half a head',
    act: (socket) => socket.write(OK),
    code: 'no_answer',
    says: /not complete within 0\.3 s/,
  },
  {
    name: 'sends half a head and closes',
    act: (socket) => socket.end(OK),
    code: 'no_answer',
    says: /closed before an answer/,
  },
  {
    name: 'sends a head line by line without end',
    act: (socket) => {
      socket.write(OK);
      const timer = setInterval(() => socket.write('X-Wait: more\r\n'), 20);
      socket.once('close', () => clearInterval(timer));
    },
    code: 'no_answer',
    says: /not complete within 0\.3 s/,
  },
  {
    name: 'is no HTTP',
    act: (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
    code: 'malformed_answer',
    says: /cannot be parsed/,
  },
  {
    name: 'has a control character in a header',
    act: (socket) => socket.end(`${OK}X-A: \u0001\u0002\r\n\r\n`),
    code: 'malformed_answer',
    says: /cannot be parsed/,
  },
  {
    name: 'has a line without a colon',
    act: (socket) => socket.end(`${OK}Access-Control-Allow-Origin *\r\n\r\n`),
    code: 'malformed_answer',
    says: /cannot be parsed/,
  },
  {
    name: 'has two lengths',
    act: (socket) => socket.end(`${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`),
    code: 'malformed_answer',
    says: /cannot be parsed/,
  },
  {
    name: 'has a head of a megabyte',
    act: (socket) => socket.end(`${OK}X-A: ${'a'.repeat(1_048_576)}\r\n\r\n`),
    code: 'malformed_answer',
    says: /cannot be parsed/,
  },
];

describe('a server that', () => {
  test.each(BROKEN)('$name', async ({ act, code, says }) => {
    const { codes, findings } = await whileTcp(act, (url) => examineUrl(url, { limit: LIMIT }));
    expect(codes).toEqual([code]);
    expect(findings[0]?.fault.because).toMatch(says);
    expect(findings[0]?.fault.because).not.toMatch(/\n|\bat .*:\d+:\d+/);
  });

  test('has a body without an end: its head is judged', async () => {
    const act = (socket: Socket) => {
      socket.write(`${OK}Access-Control-Allow-Origin: *\r\n\r\n`);
      const timer = setInterval(() => socket.write('x'.repeat(1_024)), 5);
      socket.once('close', () => clearInterval(timer));
    };
    const { codes, transcript } = await whileTcp(act, (url) => examineUrl(url, { limit: LIMIT }));
    expect(codes).toEqual([]);
    expect(transcript.every(({ received }) => (received?.body.length ?? 0) <= 65_536)).toBe(true);
  });

  test('pours its body out: no more than the beginning is read', async () => {
    const chunk = Buffer.alloc(1_048_576, 'x');
    const act = (socket: Socket) => {
      socket.write(`${OK}Access-Control-Allow-Origin: *\r\n\r\n`);
      const pump = () => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', pump);
      pump();
    };
    const { codes } = await whileTcp(act, (url) => examineUrl(url, { limit: LIMIT }));
    expect(codes).toEqual([]);
  });

  test('is not there', async () => {
    const { codes, transcript } = await examineUrl(`http://127.0.0.1:${await freePort()}/`, { limit: LIMIT });
    expect(codes).toEqual(['no_answer']);
    expect(transcript).toHaveLength(2);
  });

  test('has a name without an address', async () => {
    const { codes, findings } = await examineUrl('https://bucket-cors-test.invalid/', { limit: LIMIT });
    expect(codes).toEqual(['no_answer']);
    expect(findings[0]?.fault.because).toMatch(/^The name has no address|^There was no answer/);
  });

  test('has a certificate that no authority signed', async () => {
    const files = { cert: readFileSync(FILES.cert), key: readFileSync(FILES.key) };
    const server = createTlsServer(files, (_, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { codes, findings } = await examineUrl(
      `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    );
    server.close();
    expect(codes).toEqual(['certificate_refused']);
    expect(findings[0]?.fault.because).toMatch(/self-signed certificate/);
  });

  test('speaks HTTP where the URL says https', async () => {
    const answer = (socket: Socket) => socket.end(`${OK}\r\n`);
    const { codes } = await whileTcp(answer, (url) =>
      examineUrl(url.replace('http:', 'https:'), { limit: LIMIT }),
    );
    expect(codes).toEqual(['certificate_refused']);
  });

  test('stands behind http, and the page behind https', async () => {
    const { codes } = await examineUrl('http://bucket-cors-test.invalid/', { limit: LIMIT });
    expect(codes).toEqual(['no_answer', 'mixed_content']);
  });
});
