import { describe, expect, test } from 'vitest';
import { FILES } from '../../helpers/tls.ts';
import { connections, download, streams } from './_attack.ts';
import { expectServed, PATIENCE, tooSlow, under, useTarget } from './_target.ts';

describe.concurrent('while one address has two full HTTP/2 connections, another is served', () => {
  const at = useTarget({ up: {}, down: {} }, ['--tls-cert', FILES.cert, '--tls-key', FILES.key]);

  test('beside uploads that stand still', { timeout: PATIENCE }, async (context) => {
    await under(context, at(), 'up', streams(at(), 2, 'up', true));
    await expectServed(at(), 'up');
  });

  test('beside downloads that are not read', { timeout: PATIENCE }, async (context) => {
    await under(context, at(), 'down', streams(at(), 2, 'down', false));
    await expectServed(at(), 'down');
    // The head was out: the answer is broken off.
    expect(tooSlow(at(), 'down')[0]).toMatchObject({ level: 'warn', status: 200 });
  });
});

describe.concurrent('while one address has downloads that it does not read, another is served', () => {
  // Each of them fills the buffers of two systems first.
  const at = useTarget({ down: {} }, ['--connections', '32']);

  test('over HTTP/1.1', { timeout: PATIENCE }, async (context) => {
    await under(context, at(), 'down', connections(at(), 32, download('down')), 32);
    await expectServed(at(), 'down');
    expect(tooSlow(at(), 'down')[0]).toMatchObject({ level: 'warn', status: 200 });
  });
});
