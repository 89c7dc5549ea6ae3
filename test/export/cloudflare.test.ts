import { describe, expect, test, vi } from 'vitest';
import { compileRules } from '../../src/cors/compile.ts';
import { cloudflare, SNIPPET_LIMIT } from '../../src/export/cloudflare/cloudflare.ts';
import { exportOptions, writtenFor } from './_proofs.ts';
import { behaviourOf, rule, ruleSets } from './_rule-sets.ts';

const RULES = compileRules(
  {
    rules: [
      rule({ allowedOrigins: ['https://a.example'], allowedMethods: ['GET'], exposeHeaders: ['ETag'] }),
    ],
    responseVary: false,
  },
  behaviourOf('s3'),
);

interface Module {
  readonly default: { fetch(request: Request): Promise<Response> };
}

/** The exported module, in this runtime's own fetch. */
async function moduleOf(bucketUrl: string | null): Promise<Module['default']> {
  const [file] = writtenFor(cloudflare, RULES, { bucketUrl }).files;
  const module: Module = await import(`data:text/javascript,${encodeURIComponent(file?.text ?? '')}`);
  return module.default;
}

/** Asks the module for an object, and returns what it asked of the bucket. */
async function ask(bucketUrl: string | null, request: Request, answer = new Response('object')) {
  const sent: Request[] = [];
  vi.stubGlobal('fetch', async (one: Request) => {
    sent.push(one);
    return answer;
  });
  try {
    const response = await (await moduleOf(bucketUrl)).fetch(request);
    return { response, sent };
  } finally {
    vi.unstubAllGlobals();
  }
}

const headers = { Origin: 'https://a.example', 'If-None-Match': '"1"' };

describe('a Worker for Cloudflare', () => {
  test('as a Snippet sends the request on to its own address, without the headers of CORS', async () => {
    const { sent, response } = await ask(null, new Request('https://cdn.example/a%20b?x=1', { headers }));
    expect(sent.map(({ url, redirect }) => [url, redirect])).toEqual([
      ['https://cdn.example/a%20b?x=1', 'manual'],
    ]);
    expect([...(sent[0]?.headers ?? [])]).toEqual([['if-none-match', '"1"']]);
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('https://a.example');
    expect(response.headers.get('Access-Control-Allow-Credentials')).toBe('true');
  });

  test('fetches from a bucket, below its path', async () => {
    const request = new Request('https://cdn.example/a%20b?x=1', {
      method: 'PUT',
      body: 'object',
    });
    const { sent } = await ask('https://s3.example/bucket', request);
    expect(sent[0]?.url).toBe('https://s3.example/bucket/a%20b?x=1');
    expect(sent[0]?.method).toBe('PUT');
    expect(await sent[0]?.text()).toBe('object');
  });

  test('replaces the CORS headers of the bucket, and leaves the others', async () => {
    const own = { 'Access-Control-Allow-Private-Network': 'true', Vary: 'Origin, Accept', ETag: '"1"' };
    const answer = new Response('gone', { status: 404, headers: own });
    const { response } = await ask(null, new Request('https://cdn.example/a', { headers }), answer);
    expect(response.status).toBe(404);
    expect(response.headers.get('Access-Control-Allow-Private-Network')).toBeNull();
    expect(response.headers.get('ETag')).toBe('"1"');
    expect(response.headers.get('Vary')).toBe('Accept, Origin');
    expect(await response.text()).toBe('gone');
  });

  test('reads back, and notices a change by hand', () => {
    for (const { rules } of ruleSets()) {
      const options = exportOptions({
        bucketUrl: 'https://bucket.example',
        source: 'a file\u2028',
        name: 'media',
      });
      const compiled = cloudflare.compile(rules, options);
      const text = (compiled.ok && compiled.files[0]?.text) || '';
      const read = cloudflare.read(text);
      expect(read).toMatchObject({ ok: true, value: { isExact: true, isEdited: false } });
      expect(read.ok && read.value.rules.rules).toEqual(rules.rules.map((one) => one.rule));
      const edited = cloudflare.read(text.replace('status !== null', 'status === null'));
      expect(edited).toMatchObject({ ok: true, value: { isEdited: true } });
    }
  });

  test('that is too large for a Snippet says so', () => {
    expect(writtenFor(cloudflare, RULES).notes).toEqual([]);
    const many = Array.from({ length: 100 }, (_, at) =>
      rule({
        allowedOrigins: Array.from({ length: 10 }, (__, other) => `https://a${at}-${other}.example`),
        allowedMethods: ['GET'],
      }),
    );
    const rules = compileRules({ rules: many, responseVary: false }, behaviourOf('oss'));
    const { notes, files } = writtenFor(cloudflare, rules);
    expect(files[0]?.text.length).toBeGreaterThan(SNIPPET_LIMIT);
    expect(notes[0]?.about).toMatch(/deploy it as a Worker/);
  });
});
