import { once } from 'node:events';
import { constants } from 'node:http2';
import { describe, expect, test } from 'vitest';
import { values } from '../../helpers/client.ts';
import { answerOn, beginH2, callH2, h2 } from '../../helpers/h2.ts';
import { MUCH, PIECE, pour } from '../../helpers/pour.ts';
import { standstill, until } from '../../helpers/until.ts';
import { collect, type Script, say } from '../../helpers/upstream.ts';
import { useHttp2 } from './_http2.ts';

const { edge, session, asked } = useHttp2();

const uploaded = () => Buffer.concat(asked().body);

describe('an upload', () => {
  const take: Script = (asking, incoming, outgoing) => {
    collect(asking, incoming);
    incoming.once('end', () => say(outgoing, { status: 200 }));
  };

  test.each([
    ['with a length', true],
    ['without a length', false],
  ])('%s arrives whole', async (_, withLength) => {
    const body = Buffer.alloc(3_000_000, 'abc');
    edge().bucket.script = take;
    const length = withLength ? { 'content-length': body.length } : {};
    const { status } = await callH2(session(), { ':method': 'PUT', ':path': '/key', ...length }, body);
    expect([status, uploaded().equals(body)]).toEqual([200, true]);
    expect(values(asked(), 'content-length')).toEqual(withLength ? ['3000000'] : []);
    expect(values(asked(), 'transfer-encoding')).toEqual(withLength ? [] : ['chunked']);
  });

  test('without a byte, which only END_STREAM shows, arrives', async () => {
    edge().bucket.script = take;
    expect((await callH2(session(), { ':method': 'PUT', ':path': '/key' })).status).toBe(200);
    expect([asked().ended, uploaded().length]).toEqual([true, 0]);
  });

  test.each([
    ['with a length', { 'content-length': 10 }],
    ['without a length', {}],
  ])('%s that its client breaks off is never a whole upload', async (_, length) => {
    edge().bucket.script = (asking, incoming) => collect(asking, incoming);
    // Otherwise Node's client would end its body before it resets the stream.
    const giveUp = new AbortController();
    const head = { ':method': 'PUT', ':path': '/key', ...length };
    const stream = session().request(head, { endStream: false, signal: giveUp.signal });
    stream.on('error', () => {}).write('begun');
    await until('the upload has begun', () => edge().bucket.asked[0]?.body.join('') === 'begun');
    giveUp.abort();
    await until('the bucket request is cancelled', () => asked().cancelled);
    expect(asked().ended).toBe(false);
  });

  test('on a connection that breaks is never a complete upload', async () => {
    edge().bucket.script = (asking, incoming) => collect(asking, incoming);
    beginH2(session(), { ':method': 'PUT', ':path': '/key' }).write('begun');
    await until('the upload has begun', () => edge().bucket.asked[0]?.body.join('') === 'begun');
    session().destroy();
    await until('the bucket request is cancelled', () => asked().cancelled);
    expect(asked().ended).toBe(false);
  });

  test('that is refused before its end gets the refusal, and the connection serves other streams', async () => {
    edge().bucket.script = (_asked, _incoming, outgoing) => say(outgoing, { status: 403, body: 'no entry' });
    const stream = beginH2(session(), { ':method': 'PUT', ':path': '/key', 'content-length': MUCH });
    const answer = answerOn(stream);
    stream.write(PIECE);
    const { status, body, complete } = await answer;
    expect([status, body.toString(), complete]).toEqual([403, 'no entry', true]);
    edge().bucket.reset();
    expect((await callH2(session(), { ':path': '/key' })).status).toBe(200);
  });

  test('that expects 100 gets it before its response', async () => {
    edge().bucket.script = take;
    const stream = beginH2(session(), { ':method': 'PUT', ':path': '/key', expect: '100-continue' });
    const answer = answerOn(stream);
    stream.once('continue', () => stream.end('waited'));
    expect((await answer).status).toBe(200);
    expect(uploaded().toString()).toBe('waited');
  });

  test('is not read far ahead of its bucket, and other streams continue', async () => {
    let begin: (() => void) | undefined;
    edge().bucket.script = (asking, incoming, outgoing) => {
      begin = () => take(asking, incoming, outgoing);
    };
    const stream = beginH2(session(), { ':method': 'PUT', ':path': '/key' });
    const answer = answerOn(stream);
    const written = pour(stream);
    await until('the bucket is asked', () => begin !== undefined);
    expect(await standstill(written)).toBeLessThan(MUCH / 2);
    expect((await callH2(session(), { ':authority': 'other.test', ':path': '/key' })).status).toBe(200);
    begin?.();
    expect((await answer).status).toBe(200);
    expect(uploaded().length).toBe(MUCH);
  });
});

describe('a client that cancels a request', () => {
  const never: Script = (asked, incoming) => collect(asked, incoming);
  const half: Script = (_asked, _incoming, outgoing) => void outgoing.writeHead(200).write('begun');

  test.each([
    ['before the answer', 'GET', never],
    ['in its body', 'GET', half],
    ['before the answer to HEAD', 'HEAD', never],
  ])('%s ends the bucket’s work too', async (_, method, script) => {
    edge().bucket.script = script;
    const stream = beginH2(session(), { ':method': method, ':path': '/key' });
    stream.end();
    if (script === half) await once(stream, 'data');
    await until('the bucket is asked', () => edge().bucket.asked.length === 1);
    const before = edge().events.length;
    stream.close(constants.NGHTTP2_CANCEL);
    await until('the bucket request is cancelled', () => asked().cancelled);
    await until('it is logged', () => edge().events.length === before + 1);
    expect(edge().events.at(-1)).toMatchObject({ code: 'ClientGone' });
  });
});

describe('a client that asks for too much', () => {
  test('gets the number of streams it may open', () => {
    expect(session().remoteSettings).toMatchObject({ maxConcurrentStreams: 128, maxHeaderListSize: 65_536 });
  });

  test('by stream resets loses its connection, and others are served', async () => {
    edge().bucket.script = (asking, incoming) => collect(asking, incoming);
    const client = await h2(edge().url);
    client.on('error', () => undefined);
    const before = edge().events.length;
    // With open streams Node's client notices the end of a connection late; the edge logs no more requests.
    for (let round = 0; round < 30 && !client.closed; round += 1) {
      for (let count = 0; count < 100 && !client.closed; count += 1) {
        const stream = client.request({ ':path': '/key' });
        stream.on('error', () => {}).close(constants.NGHTTP2_CANCEL);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const logged = (await standstill(() => edge().events.length)) - before;
    client.destroy();
    expect(logged).toBeGreaterThan(400);
    expect(logged).toBeLessThan(800);
    edge().bucket.reset();
    expect((await callH2(session(), { ':path': '/key' })).status).toBe(200);
  });
});
