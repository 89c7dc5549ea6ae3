import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { until } from '../helpers/until.ts';
import { rulesFor } from '../node/transport/_store.ts';
import { allows, edges, linesWith, PORTS, write } from './_edges.ts';
import { ended, PATIENCE } from './_process.ts';

const all = edges();
const file = () => all.at('edge.json');

describe('serve --config', () => {
  test('serves the buckets of the file, and prints their number', async () => {
    const [one, two] = [await all.store('https://a.example'), await all.store('https://b.example')];
    await write(file(), {
      buckets: { one: { bucket: one.url, hosts: ['a.test'] }, two: { bucket: two.url, hosts: ['b.test'] } },
    });
    const edge = await all.serve('--config', file());
    expect(edge.stderr()).toContain('(2 buckets)');
    expect(await allows(edge, 'https://a.example', 'a.test')).toBe(true);
    expect(await allows(edge, 'https://b.example', 'b.test')).toBe(true);
    expect(await allows(edge, 'https://b.example', 'a.test')).toBe(false);
    edge.child.kill('SIGTERM');
    expect(await edge.code).toBe(0);
  });

  test('serves the edited file if it changes during the start', async () => {
    const [one, two] = [await all.store('https://a.example'), await all.store('https://b.example')];
    await write(file(), { buckets: { one: { bucket: one.url } } });
    // The start waits for this silent Redis, whose first connection shows that the start has begun.
    const silent = createServer();
    const asked = once(silent, 'connection');
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const starting = all.serve('--config', file(), '--redis', `redis://127.0.0.1:${port}`);
    const [socket] = await asked;
    await write(file(), { buckets: { two: { bucket: two.url } } });
    const edge = await starting;
    await until('the edited file is served', () => allows(edge, 'https://b.example'), PATIENCE);
    socket.destroy();
    silent.close();
  });

  test('serves new buckets after an edit, and refuses a faulty edit with all its faults', async () => {
    const [one, two] = [await all.store('https://a.example'), await all.store('https://b.example')];
    await write(file(), { buckets: { one: { bucket: one.url } } });
    const edge = await all.serve('--config', file());
    expect(await allows(edge, 'https://a.example')).toBe(true);

    await write(file(), { buckets: { two: { bucket: two.url } } });
    await until('the edited file is served', () => allows(edge, 'https://b.example'), PATIENCE);
    expect(linesWith(edge, /^configuration read/)).toEqual([
      expect.objectContaining({ level: 'info', config: file(), buckets: 1 }),
    ]);

    await write(file(), {
      rulesTtl: 'soon',
      buckets: {
        one: { bucket: one.url, store: 'gcs', hsots: ['a'] },
        three: { bucket: 'ftp://x' },
      },
    });
    await until('the edit is refused', () => linesWith(edge, /^configuration refused/).length > 0, PATIENCE);
    const [refused] = linesWith(edge, /^configuration refused/);
    expect(refused).toMatchObject({ level: 'error', config: file() });
    expect(refused?.faults).toHaveLength(4);
    for (const place of ['rulesTtl', 'buckets.one: store', 'buckets.one: hsots', 'buckets.three: bucket'])
      expect(refused?.faults).toContainEqual(expect.stringContaining(`${file()}: ${place}`));
    expect(await allows(edge, 'https://b.example')).toBe(true);

    await write(file(), { buckets: { one: { bucket: all.at('none') } } });
    await until(
      'the second is refused',
      () => linesWith(edge, /^configuration refused/).length > 1,
      PATIENCE,
    );
    expect(linesWith(edge, /^configuration refused/)[1]?.faults).toEqual([expect.stringContaining('ENOENT')]);

    await rm(file());
    await until('the third is refused', () => linesWith(edge, /^configuration refused/).length > 2, PATIENCE);
    expect(await allows(edge, 'https://b.example')).toBe(true);

    await write(file(), { buckets: { one: { bucket: one.url } } });
    await until('the corrected file is served', () => allows(edge, 'https://a.example'), PATIENCE);
    expect(edge.child.exitCode).toBe(null);
  });

  test('refuses an edit with a faulty process option, which the next start would refuse', async () => {
    const one = await all.store('https://a.example');
    await write(file(), { buckets: { one: { bucket: one.url } } });
    const edge = await all.serve('--config', file());
    await write(file(), { drain: 'never', buckets: { one: { bucket: one.url } } });
    await until('the edit is seen', () => linesWith(edge, /^configuration/).length > 0, PATIENCE);
    expect(linesWith(edge, /^configuration/)).toEqual([
      expect.objectContaining({ level: 'error', faults: [expect.stringContaining(`${file()}: drain`)] }),
    ]);
  });

  test('loads all rules again on SIGHUP', async () => {
    const [one, two] = [await all.store('https://a.example'), await all.store('https://a.example')];
    await write(file(), {
      rulesTtl: '1h',
      buckets: { one: { bucket: one.url, hosts: ['a.test'] }, two: { bucket: two.url, hosts: ['b.test'] } },
    });
    const edge = await all.serve('--config', file());
    for (const host of ['a.test', 'b.test']) expect(await allows(edge, 'https://a.example', host)).toBe(true);
    one.cors = two.cors = { status: 200, body: rulesFor('https://b.example') };
    edge.child.kill('SIGHUP');
    for (const host of ['a.test', 'b.test'])
      await until(`${host} has new rules`, () => allows(edge, 'https://b.example', host), PATIENCE);
    expect(edge.child.exitCode).toBe(null);
  });
});

test('SIGHUP loads the rules again also without a configuration file', async () => {
  const one = await all.store('https://a.example');
  const edge = await all.serve('--bucket', one.url, '--rules-ttl', '1h');
  expect(await allows(edge, 'https://a.example')).toBe(true);
  one.cors = { status: 200, body: rulesFor('https://b.example') };
  edge.child.kill('SIGHUP');
  await until('the new rules are in force', () => allows(edge, 'https://b.example'), PATIENCE);
});

describe('a start with --config reports what to write instead of', () => {
  const good = { buckets: { one: { bucket: 'http://127.0.0.1:9' } } };
  test.each<readonly [string, unknown, readonly string[], readonly RegExp[]]>([
    [
      '--bucket beside --config',
      good,
      ['--bucket', 'http://127.0.0.1:9'],
      [
        /^bucket-cors: --bucket stands beside a configuration file.*write it in the file, under the bucket or under "store"$/,
      ],
    ],
    [
      'options of one bucket beside --config',
      good,
      ['--vary', 'store'],
      [
        /^bucket-cors: --vary stands beside a configuration file.*write it in the file, under the bucket or under "store"$/,
      ],
    ],
    ['a missing file', null, [], [/^bucket-cors: \S*edge\.json can't be read: ENOENT.*write the path/]],
    [
      'a file that is not JSON',
      '{',
      [],
      [/^bucket-cors: \S*edge\.json: line 1, column 2 is not JSON.*write JSON/],
    ],
    [
      'a file with faults, beside a flag with one',
      { prot: 1, drain: 'x', buckets: { one: { bucket: 'ftp://x' } } },
      ['--log-level', 'x'],
      [/--log-level "x"/, /edge\.json: prot /, /edge\.json: drain "x"/, /edge\.json: buckets\.one: bucket/],
    ],
  ])('%s', async (_, content, args, expected) => {
    if (content !== null) await write(file(), content);
    const { code, lines, stdout } = await ended(['serve', ...PORTS, '--config', file(), ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(lines).toHaveLength(expected.length);
    for (const line of expected) expect(lines).toContainEqual(expect.stringMatching(line));
  });

  test('a missing folder, with its bucket’s name', async () => {
    await write(file(), {
      buckets: { one: { bucket: all.at('none') }, two: { bucket: all.at(), hosts: ['a'] } },
    });
    const { code, lines } = await ended(['serve', ...PORTS, '--config', file()]);
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/^bucket-cors: bucket one: .*ENOENT/)]);
  });

  test.each<readonly [string, Record<string, unknown>, RegExp]>([
    ['a missing rules file', { rules: './none.xml' }, /^bucket-cors: bucket one: rules: .*none\.xml.*ENOENT/],
    [
      'faulty rules',
      { rules: '<CORSConfiguration><CORSRule/></CORSConfiguration>' },
      /^bucket-cors: bucket one: rules inline: CORSRule\[1\]/,
    ],
    [
      'missing keys',
      { credentials: 'env:NONE' },
      /^bucket-cors: bucket one: credentials: there are no keys: set NONE_OSS_ACCESS_KEY_ID/,
    ],
    [
      'a missing region',
      { bucket: 'oss://media?network=accelerate', credentials: 'file:keys' },
      /^bucket-cors: bucket one: region is missing: .*signing.*write "region": "cn-hangzhou", or "signature": "v1"/,
    ],
  ])('%s, by the names of the file, also for a single bucket', async (_, fields, line) => {
    await write(all.at('keys'), 'OSS_ACCESS_KEY_ID=k\nOSS_ACCESS_KEY_SECRET=s\n');
    await write(file(), {
      buckets: { one: { bucket: 'http://127.0.0.1:9', bucketName: 'media', ...fields } },
    });
    const { code, lines } = await ended(['serve', ...PORTS, '--config', file()], { cwd: all.at() });
    expect(code).toBe(1);
    for (const reported of lines) expect(reported).not.toContain('--');
    expect(lines).toContainEqual(expect.stringMatching(line));
  });
});
