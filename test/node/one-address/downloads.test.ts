import { describe, expect, test } from 'vitest';
import { FILES } from '../../helpers/tls.ts';
import { connections, download, streams } from './_attack.ts';
import { expectServed, PATIENCE, tooSlow, under, useTarget } from './_target.ts';

describe.concurrent('while one address has two full HTTP/2 connections, another is served', () => {
  const at = useTarget({ up: {}, down: {} }, ['--tls-cert', FILES.cert, '--tls-key', FILES.key]);

  test('beside stalled uploads', { timeout: PATIENCE }, async (context) => {
    await under(context, at(), 'up', streams(at(), 2, 'up', true));
    await expectServed(at(), 'up');
  });

  test('beside unread downloads', { timeout: PATIENCE }, async (context) => {
    await under(context, at(), 'down', streams(at(), 2, 'down', false));
    await expectServed(at(), 'down');
    // The head has been sent, so the edge cuts the response off.
    expect(tooSlow(at(), 'down')[0]).toMatchObject({ level: 'warn', status: 200 });
  });
});

describe.concurrent('while one address does not read its downloads, another is served', () => {
  // 32 connections, because each download first fills the socket buffers of both sides.
  const at = useTarget({ down: {} }, ['--connections', '32']);

  test('over HTTP/1.1', { timeout: PATIENCE }, async (context) => {
    await under(context, at(), 'down', connections(at(), 32, download('down')), 32);
    await expectServed(at(), 'down');
    expect(tooSlow(at(), 'down')[0]).toMatchObject({ level: 'warn', status: 200 });
  });
});
