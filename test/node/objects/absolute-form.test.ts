import { describe, expect, test } from 'vitest';
import { call, element } from '../../helpers/client.ts';
import { type FormName, signed } from '../../helpers/signed.ts';
import { type Behind, KEYS, useObjects } from './_edge.ts';

const HOSTS = ['one.example', 'two.example'] as const;

/** Two buckets of the same keys, by host. */
const behind = (place: Behind['place'], access: Behind['access'] = {}): readonly Behind[] =>
  HOSTS.map((host) => ({ store: { dialect: 's3' }, access, place: { ...place, hosts: [host] } }));

const about = { method: 'GET', target: '/public/a', keys: KEYS, bucket: 'media', region: 'us-east-1' };
const FORMS: readonly FormName[] = ['SigV4 header', 'SigV4 URL'];

// A target in absolute form is served at its own host, whatever Host says (RFC 9112 §3.2.2).
describe.each([
  ['the bucket’s own Host', false],
  ['the client’s Host', true],
])('requests in absolute form that are signed again, for %s', (_, keepHost) => {
  const objects = useObjects(behind({ keepHost }));

  test.each(FORMS)('are refused when signed for the bucket in Host: %s', async (form) => {
    const { edge, stores } = objects();
    for (const store of stores) store.objects.set('public/a', Buffer.from('secret'));
    const sent = await signed(form, { ...about, host: HOSTS[0] });
    const answered = await call(edge.url, { ...sent, target: `http://${HOSTS[1]}${sent.target}` });
    expect([answered.status, element(answered, 'Code')]).toEqual([403, 'SignatureDoesNotMatch']);
    expect(stores.flatMap(({ seen }) => seen)).toEqual([]);
  });

  test.each(FORMS)('reach the bucket in the target, which they are signed for: %s', async (form) => {
    const { edge, stores } = objects();
    stores[1]?.objects.set('public/a', Buffer.from('content'));
    const sent = await signed(form, { ...about, host: HOSTS[1] });
    const headers = ['Host', HOSTS[0], ...sent.headers.slice(2)];
    const answered = await call(edge.url, { ...sent, headers, target: `http://${HOSTS[1]}${sent.target}` });
    expect([answered.status, String(answered.body)]).toEqual([200, 'content']);
    expect(stores[0]?.seen).toEqual([]);
    const host = keepHost ? HOSTS[1] : new URL(stores[1]?.url ?? '').host;
    expect(stores[1]?.seen.map(({ headers: sentHeaders }) => sentHeaders.get('host'))).toEqual([host]);
  });
});

describe('requests in absolute form that the edge signs', () => {
  const objects = useObjects(behind({ keepHost: true }, { objects: 'sign', signPrefix: 'public/' }));

  test('are signed for the host in the target, which the bucket gets', async () => {
    const { edge, stores } = objects();
    stores[1]?.objects.set('public/a', Buffer.from('content'));
    const target = `http://${HOSTS[1]}/public/a`;
    const answered = await call(edge.url, { target, headers: ['Host', HOSTS[0]] });
    expect([answered.status, String(answered.body)]).toEqual([200, 'content']);
    expect(stores[1]?.seen.map(({ headers }) => headers.get('host'))).toEqual([HOSTS[1]]);
    expect(stores[0]?.seen).toEqual([]);
  });
});
