import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { extname } from 'node:path';
import type {
  ConsoleRules,
  Draft,
  Panel,
  RefusalGroup,
  Traffic,
  WaitingGroup,
} from '../../../src/admin/api.ts';
import { fromConsole, readConsole, toConsole } from '../../../src/admin/console.ts';
import { differenceOf } from '../../../src/admin/difference.ts';
import { explainRequest } from '../../../src/admin/explain.ts';
import { PAGE_HEADERS } from '../../../src/admin/page-headers.ts';
import { checked, placedFaults } from '../../../src/admin/placed.ts';
import { compileRules } from '../../../src/cors/compile.ts';
import type { RuleSet } from '../../../src/cors/rule.ts';
import { readRuleSet } from '../../../src/document/read.ts';
import { listen } from '../../helpers/listen.ts';
import { behaviour } from '../../helpers/rules.ts';

/**
 * An admin port in states that an edge is hard to bring into: hundreds of refusals, hostile texts, slow saves, many buckets.
 * What it says of rules comes from the same functions.
 */
export interface Double {
  readonly url: string;
  buckets: string[];
  groups: RefusalGroup[];
  waiting: WaitingGroup[];
  traffic: Traffic;
  about: Partial<Panel>;
  /** Milliseconds until the next answers. */
  delay: (path: string) => number;
  /** Another writer's change of the rules. */
  write(rules: ConsoleRules): void;
  send(event: string, data: unknown): void;
  /** Ends all streams, and refuses new ones while `isDown`. */
  isDown: boolean;
  drop(): void;
  readonly saves: string[];
  /** Every request must have it as Basic password. */
  token: string | null;
  close(): Promise<void>;
}

const PAGE = new URL('../../../src/admin/page/', import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const OSS = behaviour('oss');

interface Version {
  readonly version: string;
  readonly at: string;
  readonly ruleSet: RuleSet;
}

export async function openDouble(first: ConsoleRules): Promise<Double> {
  const streams = new Set<ServerResponse>();
  const versions: Version[] = [];
  const saves: string[] = [];
  const write = (rules: ConsoleRules) => {
    const version = `${versions.length + 1}`.padStart(16, '0');
    versions.unshift({ version, at: new Date().toISOString(), ruleSet: read(rules) });
  };
  write(first);
  const newest = () => versions[0] as Version;

  const panel = (bucket: string): Panel => ({
    bucket,
    state: 'fresh',
    source: { kind: 'register', name: 'the register' },
    store: 'oss',
    version: newest().version,
    loadedAt: newest().at,
    confirmedAt: new Date().toISOString(),
    failure: null,
    rules: toConsole(newest().ruleSet),
    findings: checked(newest().ruleSet, { behaviour: OSS }),
    edit: { possible: true, where: 'edge' },
    ...double.about,
  });

  function draft(body: unknown): { status: number; json: unknown } {
    const form = readConsole(body);
    if (!form.ok) return { status: 400, json: { faults: form.faults } };
    const document = readRuleSet(fromConsole(form.value));
    if (!document.ok) {
      const refused: Draft = {
        isRefused: true,
        findings: placedFaults(document.faults),
        document: null,
        changes: [],
        complete: true,
      };
      return { status: 200, json: refused };
    }
    const difference = differenceOf(newest().ruleSet, document.ruleSet, OSS);
    const findings = checked(document.ruleSet, { behaviour: OSS });
    const about: Draft = { isRefused: false, findings, document: '<CORSConfiguration/>', ...difference };
    return { status: 200, json: about };
  }

  function save(body: unknown, match: string | undefined) {
    saves.push(JSON.stringify(body));
    if (match !== `"${newest().version}"`)
      return { status: 412, json: { error: 'The rules have changed', cure: 'Read them again.' } };
    const { status, json } = draft(body);
    if (status !== 200 || (json as Draft).isRefused) return { status: status === 200 ? 422 : status, json };
    write(body as ConsoleRules);
    return { status: 200, json: panel(double.buckets[0] ?? '') };
  }

  function answer(method: string, path: string, query: URLSearchParams, body: unknown, match?: string) {
    const of = (name: string) => versions.find(({ version }) => version === query.get(name))?.ruleSet;
    const [from, to] = [of('from'), of('to')];
    switch (`${method} ${path}`) {
      case 'GET /buckets':
        return { status: 200, json: { buckets: double.buckets } };
      case 'GET /panel':
        return { status: 200, json: panel(query.get('bucket') ?? '') };
      case 'PUT /panel':
        return save(body, match);
      case 'GET /versions':
        return {
          status: 200,
          json: versions.map(({ version, at, ruleSet }, place) => ({
            version,
            at,
            rules: ruleSet.rules.length,
            isInForce: place === 0,
          })),
        };
      case 'GET /diff':
        return from && to
          ? { status: 200, json: differenceOf(from, to, OSS) }
          : { status: 404, json: { error: 'no such version', cure: '' } };
      case 'POST /draft':
        return draft(body);
      case 'POST /ask': {
        const { text, ...asked } = body as Record<string, string>;
        const question =
          text === undefined
            ? asked
            : { origin: 'https://read.example', method: 'PUT', credentials: 'false' };
        const explained = explainRequest(
          { rules: compileRules(newest().ruleSet, OSS), version: newest().version },
          question,
        );
        if ('faults' in explained) return { status: 400, json: explained };
        const { origin, headers, ...others } = explained.request;
        return {
          status: 200,
          json: {
            read: text === undefined ? null : 'curl',
            message: null,
            explained,
            question: { origin: origin ?? '', headers: headers ?? '', ...others },
          },
        };
      }
      default:
        return { status: 404, json: { error: `no ${path}` } };
    }
  }

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://a');
    const basic = `Basic ${Buffer.from(`:${double.token}`).toString('base64')}`;
    if (double.token !== null && request.headers.authorization !== basic)
      return void response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="bucket-cors admin"' }).end();
    if (pathname === '/events') {
      if (double.isDown) return void response.writeHead(503).end();
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      streams.add(response);
      response.on('close', () => streams.delete(response));
      response.write(`event: waiting\ndata: ${JSON.stringify(double.waiting)}\n\n`);
      response.write(`event: refusals\ndata: ${JSON.stringify(double.groups)}\n\n`);
      return void response.write(`event: traffic\ndata: ${JSON.stringify(double.traffic)}\n\n`);
    }
    const name = pathname === '/' ? 'index.html' : pathname.slice(1);
    const type = TYPES[extname(name)];
    if (type !== undefined)
      return void response
        .writeHead(200, { ...PAGE_HEADERS, 'Content-Type': type })
        .end(await readFile(new URL(name, PAGE)));
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += part;
    const { status, json } = answer(
      request.method ?? '',
      pathname,
      searchParams,
      text === '' ? null : JSON.parse(text),
      request.headers['if-match'],
    );
    setTimeout(
      () => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(json)),
      double.delay(pathname),
    );
  });

  const double: Double = {
    url: '',
    buckets: ['photos'],
    groups: [],
    waiting: [],
    traffic: { stepSeconds: 60, at: new Date().toISOString(), buckets: [] },
    about: {},
    delay: () => 0,
    isDown: false,
    saves,
    token: null,
    write,
    send(event, data) {
      for (const stream of streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    drop() {
      for (const stream of streams) stream.destroy();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return Object.assign(double, { url: `http://127.0.0.1:${await listen(server)}` });
}

function read(rules: ConsoleRules): RuleSet {
  const document = readRuleSet(fromConsole(rules));
  if (!document.ok) throw new Error(JSON.stringify(document.faults));
  return document.ruleSet;
}
