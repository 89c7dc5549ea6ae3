import { expect, test } from 'vitest';
import { type BusMessage, inProcessBus, readBusMessage } from '../../src/rules/bus.ts';

const version = '0123456789abcdef';

test.each<[string, BusMessage]>([
  ['changed rules', { kind: 'changed', bucket: 'b', version }],
  ['a refresh of one bucket', { kind: 'refresh', bucket: 'b' }],
  ['a refresh of all', { kind: 'refresh', bucket: null }],
])('%s is a message, without what was put beside it', (_, message) => {
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
  ['a name too long', { kind: 'refresh', bucket: 'b'.repeat(1025) }],
  ['changed rules of all', { kind: 'changed', bucket: null, version }],
  ['changed rules without a version', { kind: 'changed', bucket: 'b' }],
  ['a version that is none', { kind: 'changed', bucket: 'b', version: `${version}0` }],
  ['a version in a list', { kind: 'changed', bucket: 'b', version: [version] }],
])('%s is no message', (_, value) => {
  expect(readBusMessage(value)).toBeNull();
});

const settled = () => new Promise((resolve) => setImmediate(resolve));
const refresh = (bucket: string): BusMessage => ({ kind: 'refresh', bucket });

test('members of a process hear each other in order, never themselves, and after publish has returned', async () => {
  const { join } = inProcessBus();
  const heard: string[] = [];
  const members = [join(), join(), join()];
  members.forEach((member, at) => {
    member.subscribe((message) => heard.push(`${at} heard ${message.bucket}`));
  });
  members[0]?.publish(refresh('a'));
  members[0]?.publish(refresh('b'));
  expect(heard).toEqual([]);
  await settled();
  expect(heard).toEqual(['1 heard a', '2 heard a', '1 heard b', '2 heard b']);
});

test('a member that has closed neither hears nor speaks, and a listener that has ended hears no more', async () => {
  const { join } = inProcessBus();
  const [one, two] = [join(), join()];
  const heard: string[] = [];
  const listen = (name: string) => (message: BusMessage) => void heard.push(`${name} ${message.bucket}`);
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
  expect(heard).toEqual(['first a', 'second a', 'second b']);
});
