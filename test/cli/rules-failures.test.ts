import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { rules } from '../../src/cli/rules.ts';
import { writeOnce } from '../../src/node/transport/small-write.ts';
import { outcomeOf, send } from '../../src/open/write-outcome.ts';
import { rulesFor } from '../node/transport/_store.ts';
import { runCommand } from './_command.ts';
import { openRulesStore, type RulesStore } from './_rules-store.ts';

const OLD = rulesFor('https://old.example.com');
const HTML = '<!DOCTYPE html><html><body>Sign in</body></html>';
const error = (code: string, message: string): string =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const answers =
  (status: number, body: string, headers = {}): Answer =>
  (_, response) =>
    response.writeHead(status, headers).end(body);

let folder = '';
let file = '';
let store: RulesStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rules-failures-'));
  file = join(folder, 'new.xml');
  await writeFile(file, rulesFor('https://new.example.com'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  store = await openRulesStore(OLD);
});
afterEach(() => store.close());

/** Runs `put` against a store that answers requests of a method in its own way. */
async function putWhere(method: string, answer: Answer) {
  store.before = (request, response) => {
    if (request.method !== method) return false;
    answer(request, response);
    return true;
  };
  return runCommand(rules, ['put', file, store.url, '--yes']);
}

describe('a write that the store refuses', () => {
  test.each<readonly [string, Answer, RegExp]>([
    [
      'with its own code',
      answers(403, error('AccessDenied', 'You have &lt;no&gt; right.')),
      /the store answered 403 AccessDenied: You have <no> right\. Set keys that may write the rules/,
    ],
    [
      'for another signature',
      answers(403, error('SignatureDoesNotMatch', 'It does not match')),
      /403 SignatureDoesNotMatch: It does not match\. Check the secret/,
    ],
    [
      'for its clock',
      answers(403, error('RequestTimeTooSkewed', 'too large')),
      /RequestTimeTooSkewed: too large\. Set this machine's clock/,
    ],
    [
      'for its rules',
      answers(400, error('MalformedXML', 'No.')),
      /400 MalformedXML: No\. Correct what it names/,
    ],
    [
      'with a long list of faults, up to 2,500 characters',
      answers(400, error('MalformedXML', `${'fault; '.repeat(357)}x${'y'.repeat(4000)}`)),
      /MalformedXML: (?:fault; ){357}x…\. Correct what it names/,
    ],
    [
      'for their number',
      answers(400, error('CORSRuleBeyondLimit', 'Too many')),
      /CORSRuleBeyondLimit: Too many\. Write fewer rules/,
    ],
    ['as it has no CORS', answers(501, error('NotImplemented', 'x')), /This store has no CORS rules/],
    ['as it has no such bucket', answers(404, error('NoSuchBucket', 'x')), /Check the bucket's name/],
    ['with an HTML page', answers(403, HTML), /answered 403 with an HTML page\. Set keys/],
    [
      'with a redirect, which is not followed',
      answers(307, '', { Location: 'http://127.0.0.1:1/' }),
      /answered 307\. Use the bucket's own regional address/,
    ],
    [
      'as another region has the bucket',
      answers(
        403,
        error('AccessDenied', 'Use the specified endpoint.').replace(
          '</Error>',
          '<Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint></Error>',
        ),
      ),
      /Use the specified endpoint \(endpoint oss-cn-beijing\.aliyuncs\.com\)\. Use that endpoint\./,
    ],
    ['with nothing', answers(418, ''), /the store answered 418\. Correct what it names/],
  ])('%s is one line, and exits with 2', async (_, answer, line) => {
    const { code, stderr } = await putWhere('PUT', answer);
    expect(code).toBe(2);
    expect(stderr).toMatch(line);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain('unknown');
    expect(store.seen).toEqual(['GET', 'GET', 'PUT']);
  });

  test.each([
    ['a signature', 'Authorization was Signature=abcdef0123'],
    ['a bearer token', 'Bearer abc'],
    ['a key id', 'the key AKIAIOSFODNN7EXAMPLE'],
  ])('with %s in its message is reported without the message', (_, message) => {
    const { line } = outcomeOf({ status: 403, headers: new Headers(), text: error('X', message) }) as {
      line: string;
    };
    expect(line).toBe(
      'the store answered 403 X. Set keys that may write the rules of the bucket (--credentials).',
    );
  });
});

describe('a write whose outcome is unknown', () => {
  test.each<readonly [string, Answer, RegExp]>([
    [
      'as the store fails',
      answers(500, error('InternalError', 'x')),
      /answered 500 InternalError: x\. It is unknown/,
    ],
    ['as a proxy fails', answers(502, HTML), /answered 502 with an HTML page\. It is unknown/],
    [
      'as the connection breaks off',
      (request) => request.socket.destroy(),
      /(?:other side closed|the bucket closed the connection).*It is unknown/,
    ],
    [
      'as the answer breaks off',
      (request, response) => {
        response.writeHead(200, { 'Content-Length': 10 }).write('x');
        setImmediate(() => request.socket.destroy());
      },
      /It is unknown/,
    ],
    ['as it is no HTTP', (request) => request.socket.end('garbage\r\n\r\n'), /It is unknown/],
    ['as the answer has no end', answers(200, 'x'.repeat(70_000)), /longer than 65536 bytes.*It is unknown/],
  ])('%s says so, says how to look, and is sent once', async (_, answer, line) => {
    const { code, stderr } = await putWhere('PUT', answer);
    expect(code).toBe(2);
    expect(stderr).toMatch(line);
    expect(stderr).toContain('It is unknown whether the rules are written: look with bucket-cors rules get.');
    expect(store.seen).toEqual(['GET', 'GET', 'PUT']);
  });

  test('and that deletes says what may be deleted', async () => {
    store.before = ({ method }, response) => {
      if (method !== 'DELETE') return false;
      response.writeHead(503).end();
      return true;
    };
    const { code, stderr } = await runCommand(rules, ['delete', store.url, '--yes']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('unknown whether the rules are deleted')]);
  });

  test('as no answer comes in time is given up', async () => {
    const late = send(({ signal }) => {
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => reject(signal.reason));
      return promise;
    }, 50);
    expect(await late).toEqual({ kind: 'unknown', line: 'no answer came within 0.05 seconds' });
  });
});

test('a page that answers everything with 200 took no rules', async () => {
  // Each request takes two seconds by this clock.
  const now = performance.now.bind(performance);
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + store.seen.length * 2_000);
  try {
    const { code, stderr } = await putWhere('PUT', answers(200, HTML));
    expect(code).toBe(1);
    expect(stderr).toContain('still answers the rules of before');
    expect(store.seen.filter((method) => method === 'GET').length).toBeGreaterThan(3);
  } finally {
    clock.mockRestore();
  }
});

test('a write that is taken, and cannot be read afterwards, says both', async () => {
  store.afterWrite = () => {
    store.before = (_, response) => {
      response.writeHead(403).end(error('AccessDenied', 'x'));
      return true;
    };
  };
  const { code, stderr } = await runCommand(rules, ['put', file, store.url, '--yes']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/took the write, and could not be read afterwards: .*403 AccessDenied/);
});

describe('rules that cannot be read', () => {
  test.each<readonly [string, Answer, RegExp]>([
    [
      'as the edge does not take it',
      answers(403, error('AccessDenied', 'This edge has --management off.')),
      /answered 403 AccessDenied.*The answer says: This edge has --management off\.$/m,
    ],
    ['as keys are missing', answers(403, error('AccessDenied', 'x')), /answered 403 AccessDenied.*Set keys/],
    ['as the bucket is missing', answers(404, error('NoSuchBucket', 'x')), /there is no such bucket/],
    ['as a page answers', answers(200, HTML), /answered an HTML page.*look for a proxy/],
    ['as the connection breaks off', (request) => request.socket.destroy(), /could not be read: .*closed/],
  ])('%s are not written', async (_, answer, line) => {
    const { code, stderr } = await putWhere('GET', answer);
    expect(code).toBe(2);
    expect(stderr).toMatch(line);
    expect(store.seen).not.toContain('PUT');
  });
});

test.each([
  ['refuses connections', 'http://127.0.0.1:1/b', /ECONNREFUSED/],
  ['has no address', 'http://no-such-host.invalid/', /ENOTFOUND|EAI_AGAIN/],
])('a store that %s is a failure with what to check', async (_, url, line) => {
  const { code, stderr } = await runCommand(rules, ['get', url]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(line)]);
  expect(stderr).toContain('Check the address');
});

test.each([
  // A port that `fetch` would refuse by itself.
  ['refuses connections', 'http://127.0.0.1:1/', /ECONNREFUSED.*Check the address/],
  ['has no address', 'http://no-such-host.invalid/', /(?:ENOTFOUND|EAI_AGAIN).*Check the address/],
])('a write to a store that %s was not sent, and its outcome is known', async (_, url, line) => {
  const request = { method: 'PUT', url, headers: [], body: new TextEncoder().encode('x') } as const;
  const ended = await send((limits) => writeOnce(request, limits));
  expect(ended).toEqual({ kind: 'refused', line: expect.stringMatching(line) });
});
