import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Render, rendersAsNode } from '../../../src/node/server/check-head.ts';
import { renderHead } from '../../../src/node/server/render-head.ts';

/** Node's private fields. */
type Fields = Record<string, unknown>;

describe('the check at the start', () => {
  test('passes on this version of Node', async () => {
    expect(await rendersAsNode(renderHead)).toBe(true);
  });

  test.each<[string, Render]>([
    ['leaves a head to Node', () => false],
    [
      'throws',
      () => {
        throw new Error('a fault');
      },
    ],
    [
      'sends another status',
      (outgoing, status, headers) => renderHead(outgoing, status === 404 ? 403 : status, headers),
    ],
    ['drops a header', (outgoing, status, headers) => renderHead(outgoing, status, headers.slice(2))],
    [
      'does not send chunks',
      (outgoing, status, headers) => {
        const done = renderHead(outgoing, status, headers);
        outgoing.chunkedEncoding = false;
        return done;
      },
    ],
    [
      'closes a connection that says keep-alive',
      (outgoing, status, headers) => {
        const done = renderHead(outgoing, status, headers);
        (outgoing as unknown as Fields)._last = true;
        return done;
      },
    ],
    [
      'names no timeout of the connection',
      (outgoing, status, headers) => {
        (outgoing as unknown as Fields)._keepAliveTimeout = 0;
        return renderHead(outgoing, status, headers);
      },
    ],
    [
      'sends a body where there is none',
      (outgoing, status, headers) => {
        const done = renderHead(outgoing, status, headers);
        (outgoing as unknown as Fields)._hasBody = true;
        return done;
      },
    ],
  ])('fails if the way that it checks %s', async (_, render) => {
    expect(await rendersAsNode(render)).toBe(false);
  });
});

interface Asked {
  readonly method: string;
  readonly minor: 0 | 1;
  readonly keepsAlive: boolean;
  readonly expects: boolean;
  readonly timeout: number;
}

function responseTo({ method, minor, keepsAlive, expects, timeout }: Asked): ServerResponse {
  const incoming = new IncomingMessage(new Socket());
  Object.assign(incoming, { method, httpVersionMajor: 1, httpVersionMinor: minor });
  const response = new ServerResponse(incoming);
  return Object.assign(response, {
    shouldKeepAlive: keepsAlive,
    _expect_continue: expects,
    _keepAliveTimeout: timeout,
  });
}

/** What Node reads of a response after its head; null if the head was refused. */
function after(response: ServerResponse, write: () => unknown): Fields | null {
  try {
    write();
  } catch {
    return null;
  }
  const { statusCode, statusMessage, chunkedEncoding, shouldKeepAlive, headersSent } = response;
  const { _header, _headerSent, _hasBody, _last, _contentLength } = response as unknown as Fields;
  const header = String(_header).replace(/\r\nDate: .{29}\r\n/, '\r\nDate: now\r\n');
  const own = { statusCode, statusMessage, chunkedEncoding, shouldKeepAlive, headersSent };
  return { ...own, header, _headerSent, _hasBody, _last, _contentLength };
}

const asked: fc.Arbitrary<Asked> = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'PUT', 'OPTIONS'),
  minor: fc.constantFrom(0, 1),
  keepsAlive: fc.boolean(),
  expects: fc.boolean(),
  timeout: fc.constantFrom(0, 5_000, 65_000),
});
const NAMES = [
  'Date',
  'ETag',
  'Vary',
  'x-oss-request-id',
  'Content-Type',
  'Connection',
  'Keep-Alive',
  'Trailer',
];
const MORE = [
  'Transfer-Encoding',
  'Expect',
  'Content-Disposition',
  'content-length',
  '',
  'a b',
  'a:',
  'é',
  'x\r\n',
];
const name = fc.constantFrom(...NAMES, ...MORE);
const character = fc.oneof(
  { weight: 40, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0x140 }) },
);
const value = fc.array(character, { maxLength: 12 }).map((codes) => String.fromCharCode(...codes));
const header = fc.oneof(
  fc.tuple(name, value),
  fc.tuple(fc.constant('Content-Length'), fc.nat(1000).map(String)),
  fc.tuple(fc.constant('Connection'), fc.constantFrom('close', 'keep-alive')),
);

test('a rendered head has the bytes of Node, and leaves to Node what Node refuses or acts on', () => {
  let rendered = 0;
  fc.assert(
    fc.property(
      asked,
      fc.constantFrom(99, 100, 200, 204, 205, 206, 304, 404, 503, 599, 999, 1000, 200.5),
      fc.array(header, { maxLength: 5 }),
      (about, status, pairs) => {
        const headers = pairs.flat();
        // Node re-encodes this value, which is a row of its own.
        fc.pre(!pairs.some(([one, text]) => one === 'Content-Disposition' && /[^ -~]/.test(text)));
        const theirs = responseTo(about);
        const expected = after(theirs, () => theirs.writeHead(status, [...headers]));
        const ours = responseTo(about);
        if (!renderHead(ours, status, headers)) {
          expect((ours as unknown as Fields)._header).toBe(null);
          expect(after(ours, () => ours.writeHead(status, [...headers]))).toEqual(expected);
          return;
        }
        rendered += 1;
        expect(after(ours, () => {})).toEqual(expected);
      },
    ),
    { numRuns: 3_000 },
  );
  expect(rendered).toBeGreaterThan(300);
});

test.each(['\r', '\n', '\0', '\x7f', 'Ā', 'a\r\nSet-Cookie: b=c'])(
  'a value with %j is left to Node, which refuses it',
  (value) => {
    const outgoing = responseTo({ method: 'GET', minor: 1, keepsAlive: true, expects: false, timeout: 0 });
    expect(renderHead(outgoing, 200, ['x-a', value])).toBe(false);
    expect(() => outgoing.writeHead(200, ['x-a', value])).toThrow('Invalid character');
  },
);

test('bytes above 0x7F of a Content-Disposition go on as they are', () => {
  const outgoing = responseTo({ method: 'GET', minor: 1, keepsAlive: true, expects: false, timeout: 0 });
  const value = Buffer.from('attachment; filename="é漢.txt"').toString('latin1');
  expect(renderHead(outgoing, 200, ['Content-Length', '2', 'Content-Disposition', value])).toBe(true);
  expect((outgoing as unknown as Fields)._header).toContain(`Content-Disposition: ${value}\r\n`);
});
