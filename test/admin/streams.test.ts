import { expect, test } from 'vitest';
import { createStreams } from '../../src/admin/streams.ts';

const RULES = { event: 'rules', data: { bucket: 'b' } } as const;

const reading = (body: ReadableStream<Uint8Array>) => {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  return async () => {
    const { done, value } = await reader.read();
    return done ? null : decoder.decode(value);
  };
};

test('every client reads what is sent to all, and one what is sent to it alone', async () => {
  const streams = createStreams();
  const [one, other] = [streams.open(), streams.open()];
  if (one === null || other === null) throw new Error('no stream');
  const [first, second] = [reading(one.body), reading(other.body)];
  one.send({ event: 'rules', data: { bucket: 'a\nb' } });
  streams.send(RULES);
  const sent = 'event: rules\ndata: {"bucket":"b"}\n\n';
  expect([await first(), await first(), await first()]).toEqual([
    ':\n\n',
    'event: rules\ndata: {"bucket":"a\\nb"}\n\n',
    sent,
  ]);
  expect([await second(), await second()]).toEqual([':\n\n', sent]);
  streams.close();
  expect([await first(), await second()]).toEqual([null, null]);
  expect(streams.open()).toBeNull();
});

test('a client beyond the most gets no stream, until another leaves', async () => {
  const streams = createStreams({ most: 1 });
  const first = streams.open();
  expect(streams.open()).toBeNull();
  await first?.body.cancel();
  expect(streams.count()).toBe(0);
  expect(streams.open()).not.toBeNull();
  streams.close();
});

test('a client that reads too slowly is dropped, and the others go on', async () => {
  const streams = createStreams({ waiting: 100 });
  let dropped = 0;
  const drop = () => {
    dropped += 1;
  };
  const [slow, quick] = [streams.open(drop), streams.open()];
  if (slow === null || quick === null) throw new Error('no stream');
  const read = reading(quick.body);
  await read();
  for (let turn = 0; turn < 5; turn += 1) {
    streams.send(RULES);
    await read();
  }
  expect(streams.count()).toBe(1);
  expect(dropped).toBe(1);
  // What waited for it is gone.
  expect(await reading(slow.body)()).toBeNull();
  streams.close();
});

test('a comment shows that a quiet stream is alive', async () => {
  const streams = createStreams({ heartbeat: 5 });
  const client = streams.open();
  if (client === null) throw new Error('no stream');
  const read = reading(client.body);
  expect([await read(), await read(), await read()]).toEqual([':\n\n', ':\n\n', ':\n\n']);
  streams.close();
});
