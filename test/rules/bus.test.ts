import { expect, test } from 'vitest';
import { type BusMessage, inProcessBus, readBusMessage } from '../../src/rules/bus.ts';

const version = '0123456789abcdef';

test.each<[string, BusMessage]>([
  ['changed rules', { kind: 'changed', bucket: 'b', version }],
  ['a refresh of one bucket', { kind: 'refresh', bucket: 'b' }],
  ['a refresh of all', { kind: 'refresh', bucket: null }],
])('%s is a message, without its unknown fields', (_, message) => {
  expect(readBusMessage({ ...message, more: 1 })).toEqual(message);
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['text', 'refresh'],
  ['a list', ['refresh', null]],
  ['an unknown kind', { kind: 'stop', bucket: 'b' }],
  ['a kind that objects inherit', { kind: 'toString', bucket: 'b' }],
  ['a refresh without a bucket', { kind: 'refresh' }],
  ['a refresh of a bucket without a name', { kind: 'refresh', bucket: '' }],
  ['a refresh of a number', { kind: 'refresh', bucket: 7 }],
  ['a refresh of a name that is too long', { kind: 'refresh', bucket: 'b'.repeat(1025) }],
  ['changed rules of all', { kind: 'changed', bucket: null, version }],
  ['changed rules without a version', { kind: 'changed', bucket: 'b' }],
  ['a version of 17 digits', { kind: 'changed', bucket: 'b', version: `${version}0` }],
  ['a version in a list', { kind: 'changed', bucket: 'b', version: [version] }],
])('%s is not a message', (_, value) => {
  expect(readBusMessage(value)).toBeNull();
});

const settled = () => new Promise((resolve) => setImmediate(resolve));
const refresh = (bucket: string): BusMessage => ({ kind: 'refresh', bucket });

test('members get the messages of other members, in order, after publish has returned', async () => {
  const { join } = inProcessBus();
  const received: string[] = [];
  const members = [join(), join(), join()];
  members.forEach((member, at) => {
    member.subscribe((message) => received.push(`${at} got ${message.bucket}`));
  });
  members[0]?.publish(refresh('a'));
  members[0]?.publish(refresh('b'));
  expect(received).toEqual([]);
  await settled();
  expect(received).toEqual(['1 got a', '2 got a', '1 got b', '2 got b']);
});

test('a closed member neither gets nor sends messages, and a removed listener gets none', async () => {
  const { join } = inProcessBus();
  const [one, two] = [join(), join()];
  const received: string[] = [];
  const listen = (name: string) => (message: BusMessage) => void received.push(`${name} ${message.bucket}`);
  const end = one.subscribe(listen('first'));
  one.subscribe(listen('second'));
  two.publish(refresh('a'));
  await settled();
  end();
  two.publish(refresh('b'));
  await settled();
  await one.close();
  two.publish(refresh('c'));
  two.subscribe(listen('other'));
  one.publish(refresh('d'));
  await settled();
  expect(received).toEqual(['first a', 'second a', 'second b']);
});
