import { createRequire } from 'node:module';

/** One request as Node's own parser reads it. */
export interface Parsed {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly version: string;
  readonly persists: boolean;
  readonly upgrades: boolean;
  bodyBytes: number;
  isComplete: boolean;
}

interface Parser {
  [callback: number]: (...values: never[]) => unknown;
  initialize(type: number, resource: object, maxHeaderSize: number, lenient: number): void;
  execute(bytes: Buffer, start: number, length: number): number | Error;
  close(): void;
}
interface ParserKind {
  new (): Parser;
  readonly REQUEST: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
}

const { HTTPParser, methods } = createRequire(import.meta.url)('_http_common') as {
  readonly HTTPParser: ParserKind;
  readonly methods: readonly string[];
};

/** Reads bytes as `node:http` does on a server's connection: the requests in them, and whether they are refused. */
export function parseRequests(bytes: Buffer): {
  readonly requests: readonly Parsed[];
  readonly isRefused: boolean;
} {
  const requests: Parsed[] = [];
  let lines: string[] = [];
  let url = '';
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.REQUEST, {}, 65_536, 0);
  parser[HTTPParser.kOnHeaders] = (some: string[], target: string) => {
    lines.push(...some);
    url += target;
  };
  parser[HTTPParser.kOnHeadersComplete] = (
    major: number,
    minor: number,
    some: string[] | undefined,
    method: number,
    target: string | undefined,
    _status: unknown,
    _reason: unknown,
    upgrades: boolean,
    persists: boolean,
  ) => {
    requests.push({
      method: methods[method] ?? '',
      target: target ?? url,
      headers: some ?? lines,
      version: `${major}.${minor}`,
      persists,
      upgrades,
      bodyBytes: 0,
      isComplete: false,
    });
    lines = [];
    url = '';
    return 0;
  };
  parser[HTTPParser.kOnBody] = (chunk: Buffer) => {
    const last = requests.at(-1);
    if (last !== undefined) last.bodyBytes += chunk.length;
  };
  parser[HTTPParser.kOnMessageComplete] = () => {
    const last = requests.at(-1);
    if (last !== undefined) last.isComplete = true;
  };
  const result = parser.execute(bytes, 0, bytes.length);
  parser.close();
  return { requests, isRefused: result instanceof Error };
}
