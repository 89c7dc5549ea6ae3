import { mkdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDirectoryBucket } from '../../src/node/directory/server.ts';
import { rulesFor } from '../node/transport/_store.ts';
import { allows, edges } from './_edges.ts';
import { ended } from './_process.ts';
import { CTRL_C, CTRL_D, onTerminal } from './_pty.ts';
import { openRulesStore, type RulesStore } from './_rules-store.ts';

const OLD = rulesFor('https://old.example.com');
const NEW = rulesFor('https://new.example.com');
const QUESTION = '(y/n)';

describe('the program', () => {
  const { at, serve } = edges();
  let store: RulesStore;
  beforeEach(async () => {
    store = await openRulesStore(OLD);
    await writeFile(at('new.xml'), NEW);
  });
  afterEach(() => store.close());

  describe('on a terminal', () => {
    const put = (...steps: readonly (readonly [string, string])[]) =>
      onTerminal(['rules', 'put', at('new.xml'), store.url], steps);

    test('asks after it has shown the change, and writes after a yes', async () => {
      const { code, screen } = await put([QUESTION, 'y\n']);
      expect(code).toBe(0);
      expect(screen).toMatch(/Newly allowed.*Write these rules to http\S+\? \(y\/n\).*Written: /s);
      expect(store.rules).toContain('https://new.example.com');
    });

    test('asks again after another word', async () => {
      const { code } = await put([QUESTION, 'sure\n'], [QUESTION, 'yes\n']);
      expect(code).toBe(0);
      expect(store.rules).toContain('https://new.example.com');
    });

    test.each([
      ['a no', 'n\n', 1],
      ['the end of the input', CTRL_D, 1],
      // SIGINT: a shell reports 130.
      ['Ctrl-C', CTRL_C, -2],
    ])('leaves everything as it is after %s', async (_, typed, ends) => {
      const { code } = await put([QUESTION, typed]);
      expect(code).toBe(ends);
      expect(store.rules).toBe(OLD);
      expect(store.seen).toEqual(['GET']);
    });

    test('does not ask where the document was typed, which has ended the input', async () => {
      const { code, screen } = await onTerminal(
        ['rules', 'put', '-', store.url],
        [['reading standard input', `${NEW}\n${CTRL_D}`]],
      );
      expect([code, screen]).toEqual([2, expect.stringContaining('nothing is written: a question needs')]);
      expect(store.rules).toBe(OLD);
    });

    test('says what it waits for, and after Ctrl-C during a write that its outcome is unknown', async () => {
      store.before = ({ method }) => method === 'PUT';
      const { code, screen } = await put([QUESTION, 'y\n'], ['to answer the write', CTRL_C]);
      expect(code).toBe(130);
      expect(screen).toMatch(/waiting for http\S+ to answer the write …/);
      expect(screen).toMatch(/interrupted\. It is unknown whether the rules are written: look with/);
    });
  });

  test('without a terminal neither asks nor writes', async () => {
    const { code, stderr } = await ended(['rules', 'delete', store.url]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('a question needs a terminal')]);
    expect(store.rules).toBe(OLD);
  });

  test('takes a document from a pipe', async () => {
    const under = ['sh', '-c', `cat '${at('new.xml')}' | "$0" "$@"`];
    expect(await ended(['rules', 'put', '-', store.url, '--yes'], { under })).toMatchObject({ code: 0 });
    expect(store.rules).toContain('https://new.example.com');
  });

  test.each([
    ['OSS V4', '', { store: 'oss', region: 'cn-hangzhou' }, {}],
    ['OSS V1', '', { store: 'oss', signature: 'v1' }, {}],
    ['OSS V4 under a prefix', '/media', { store: 'oss', region: 'cn-hangzhou' }, {}],
    [
      'SigV4, which covers the host that the edge passes on',
      '',
      { store: 's3' },
      { keepHost: true, hosts: ['127.0.0.1'] },
    ],
  ])('writes by %s, through an edge, whose rules are then in force', async (_, prefix, facts, more) => {
    await mkdir(at('media'));
    const credentials = { accessKeyId: 'the-key', accessKeySecret: 'hush' };
    const bucket = await openDirectoryBucket({ folder: at('media'), credentials });
    const [id, secret] =
      facts.store === 's3'
        ? ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']
        : ['OSS_ACCESS_KEY_ID', 'OSS_ACCESS_KEY_SECRET'];
    await writeFile(at('keys'), `${id}=the-key\n${secret}=hush\n`);
    const all = { region: 'us-east-1', ...facts, credentials: `file:${at('keys')}` };
    const media = { bucket: bucket.url, bucketName: 'media', ...all, ...more, ...(prefix && { prefix }) };
    await writeFile(at('edge.json'), JSON.stringify({ buckets: { media } }));
    try {
      const edge = await serve('--config', at('edge.json'));
      const flags = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
      const to = [edge.url + prefix, '--bucket-name', 'media', ...flags];
      const under = { ...edge, url: edge.url + prefix };
      const first = await ended(['rules', 'put', at('new.xml'), ...to, '--yes']);
      expect(first).toMatchObject({ code: 0, stderr: '' });
      expect(await allows(under, 'https://new.example.com', '127.0.0.1')).toBe(true);
      const rule = ['--origin', 'https://more.example.com', '--method', 'GET'];
      const second = await ended(['rules', 'add', ...to, ...rule, '--yes']);
      expect(second).toMatchObject({ code: 0, stderr: '' });
      expect(await allows(under, 'https://more.example.com', '127.0.0.1')).toBe(true);
      expect(first.stdout + second.stdout).not.toMatch(/hush|the-key/);
      const unsigned = await ended(['rules', 'delete', under.url, '--yes']);
      expect(unsigned).toMatchObject({ code: 2, stderr: expect.stringContaining('403 AccessDenied') });
      expect(await ended(['rules', 'delete', ...to, '--yes'])).toMatchObject({ code: 0, stderr: '' });
      expect(await allows(under, 'https://new.example.com', '127.0.0.1')).toBe(false);
    } finally {
      await bucket.close();
    }
  });
});
