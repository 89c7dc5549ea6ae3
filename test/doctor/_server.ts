import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { examine } from '../../src/cli/doctor/examine.ts';
import type { CompiledRules } from '../../src/cors/compile.ts';
import { diagnose, type Finding } from '../../src/doctor/diagnose.ts';
import type { Question } from '../../src/doctor/question.ts';
import type { Transcript } from '../../src/doctor/transcript.ts';

export const APP = 'https://app.example.com';

/** A request as a server sees it. */
export interface Ask {
  readonly method: string;
  readonly path: string;
  /** `path` and query. */
  readonly target: string;
  readonly origin: string | null;
  readonly header: (name: string) => string | null;
}

export interface Reply {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string;
}

export type Server = (ask: Ask) => Reply;

export const OBJECT = 'The bytes of an object.';
const VARY = ['Vary', 'Origin'] as const;

/** CORS as an edge that is right answers it: by rules that list APP with GET, HEAD and PUT. */
const corsOf = ({ origin }: Ask): Reply['headers'] =>
  origin === APP
    ? [
        ['Access-Control-Allow-Origin', APP],
        ['Access-Control-Allow-Methods', 'GET, HEAD, PUT'],
        ['Access-Control-Expose-Headers', 'ETag, Content-Range, Accept-Ranges'],
        ['Access-Control-Max-Age', '600'],
        ['Access-Control-Allow-Credentials', 'true'],
      ]
    : [];

/** A server with one object, which answers everything right. */
export const right: Server = (ask) => {
  const cors = corsOf(ask);
  if (ask.method === 'OPTIONS') return preflight(ask, cors);
  const headers = [...cors, VARY];
  if (ask.path !== '/photo.jpg')
    return { status: 404, headers, body: '<Error><Code>NoSuchKey</Code></Error>' };
  if (/[?&]acl$/.test(ask.target))
    return { status: 403, headers, body: '<Error><Code>AccessDenied</Code></Error>' };
  const object = [...headers, ['ETag', '"abc"'], ['Accept-Ranges', 'bytes']] as const;
  if (ask.header('if-none-match') === '"abc"') return { status: 304, headers: object };
  if (ask.header('range') === 'bytes=0-0')
    return {
      status: 206,
      headers: [...object, ['Content-Range', `bytes 0-0/${OBJECT.length}`]],
      body: OBJECT.charAt(0),
    };
  return { status: 200, headers: [...object, ['Content-Length', String(OBJECT.length)]], body: OBJECT };
};

function preflight(ask: Ask, cors: Reply['headers']): Reply {
  const vary = ['Vary', 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method'] as const;
  if (cors.length === 0)
    return {
      status: 403,
      headers: [vary, ['Content-Type', 'application/xml']],
      body: '<Error><Code>AccessForbidden</Code><Message>CORSResponse: This CORS request is not allowed.</Message></Error>',
    };
  const asked = ask.header('access-control-request-headers');
  return {
    status: 200,
    headers: [...cors, ...(asked === null ? [] : [['Access-Control-Allow-Headers', asked] as const]), vary],
  };
}

const askOf = (request: IncomingMessage): Ask => {
  const { method = '', url = '/', headers } = request;
  const header = (name: string) => headers[name]?.toString() ?? null;
  return { method, target: url, path: url.split('?')[0] ?? '', origin: header('origin'), header };
};

/** What came of an examination. */
export interface Examined {
  readonly codes: readonly string[];
  readonly findings: readonly Finding[];
  readonly transcript: Transcript;
}

export interface Examining {
  readonly question?: Partial<Question>;
  readonly rules?: CompiledRules | null;
  readonly limit?: number;
}

/** Serves on a free port while `work` runs. */
export async function whileServed<T>(server: Server, work: (url: string) => Promise<T>): Promise<T> {
  const running = createServer((request, response) => {
    const { status, headers, body = '' } = server(askOf(request));
    response.sendDate = false;
    response.writeHead(status, headers.flat());
    response.end(request.method === 'HEAD' || status === 304 ? undefined : body);
  });
  await new Promise<void>((resolve) => running.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${(running.address() as AddressInfo).port}/photo.jpg`);
  } finally {
    running.closeAllConnections();
    await new Promise((resolve) => running.close(resolve));
  }
}

let runs = 0;

/** Examines a URL over real HTTP. */
export async function examineUrl(
  url: string,
  { question: given = {}, rules = null, limit = 5_000 }: Examining = {},
): Promise<Examined> {
  const question = { url, origin: APP, method: 'GET', headers: [], credentials: false, ...given };
  runs += 1;
  const word = `${process.pid}x${runs}x`;
  const transcript = await examine(question, { first: `${word}1`, second: `${word}2` }, limit, () => {});
  const findings = diagnose(question, transcript, rules);
  return { codes: findings.map(({ code }) => code), findings, transcript };
}

export const examineServer = (server: Server, examining?: Examining): Promise<Examined> =>
  whileServed(server, (url) => examineUrl(url, examining));

/** The right server, with a change of each answer. */
export const changed =
  (change: (reply: Reply, ask: Ask) => Reply): Server =>
  (ask) =>
    change(right(ask), ask);

/** An answer without the headers of a name. */
export const without = (reply: Reply, ...names: readonly string[]): Reply => ({
  ...reply,
  headers: reply.headers.filter(([name]) => !names.includes(name.toLowerCase())),
});

/** An answer with a header in place of those of the same name. */
export const withHeader = (reply: Reply, name: string, value: string): Reply => {
  const rest = without(reply, name.toLowerCase());
  return { ...rest, headers: [...rest.headers, [name, value]] };
};

/** An answer with one more header line. */
export const plus = (reply: Reply, name: string, value: string): Reply => ({
  ...reply,
  headers: [...reply.headers, [name, value]],
});

/** An answer without any CORS header. */
export const bare = (reply: Reply): Reply => ({
  ...reply,
  headers: reply.headers.filter(([name]) => !name.toLowerCase().startsWith('access-control-')),
});

export const isAllowed = ({ headers }: Reply): boolean =>
  headers.some(([name]) => name === 'Access-Control-Allow-Origin');
