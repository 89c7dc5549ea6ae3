import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CertificateFiles, openCertificate } from '../../../src/node/server/certificate.ts';
import { type Listening, listen } from '../../../src/node/server/listen.ts';
import { startFaultLines } from '../../../src/node/start-fault.ts';
import { ended } from '../../cli/_process.ts';
import { callH2, h2 } from '../../helpers/h2.ts';
import { openOnNode } from '../../helpers/node-edge.ts';
import { CA, certificate, FILES } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';
import { addObjectTests } from '../../suite/object.ts';
import { addPreflightTests } from '../../suite/preflight.ts';
import { addTransferTests } from '../../suite/transfer.ts';

const OTHER = {
  cert: FILES.cert.replace('cert.pem', 'renewed-cert.pem'),
  key: FILES.key.replace('key.pem', 'renewed-key.pem'),
};

/** RSA of 1024 bits. */
const WEAK = {
  cert: FILES.cert.replace('cert.pem', 'weak-cert.pem'),
  key: FILES.key.replace('key.pem', 'weak-key.pem'),
};

describe('over TLS, with HTTP/1.1', () => {
  const runtime = {
    name: 'node' as const,
    open: (options: Parameters<typeof openOnNode>[0]) =>
      openOnNode(options, undefined, { certificate: certificate() }),
  };
  addPreflightTests(runtime);
  addObjectTests(runtime);
  addTransferTests(runtime);
});

describe('a certificate', () => {
  let folder = '';
  let files: CertificateFiles = FILES;
  let listening: Listening | undefined;
  let logged: { level: string; message: string; fields: Record<string, unknown> }[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tls-'));
    files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
    put(FILES);
    logged = [];
  });
  afterEach(async () => {
    await listening?.close(0);
    listening = undefined;
    rmSync(folder, { recursive: true });
  });

  function put({ cert, key }: CertificateFiles): void {
    copyFileSync(cert, files.cert);
    copyFileSync(key, files.key);
  }

  const note = (level: string) => (fields: unknown, message?: string) =>
    void logged.push({ level, message: message ?? '', fields: fields as Record<string, unknown> });
  const log = { info: note('info'), warn: note('warn'), error: note('error') };

  async function serve(): Promise<string> {
    listening = await listen(
      (_incoming, outgoing) => outgoing.writeHead(200, ['Content-Length', '2']).end('ok'),
      { host: '127.0.0.1', port: 0 },
      { certificate: await openCertificate(files, log) },
    );
    return listening.url;
  }

  /** The certificate's serial number on a new connection, and the negotiated protocol. */
  async function met(url: string) {
    const socket = connect({
      port: Number(new URL(url).port),
      rejectUnauthorized: false,
      servername: 'localhost',
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    await once(socket, 'secureConnect');
    const { serialNumber } = socket.getPeerCertificate();
    const { alpnProtocol } = socket;
    socket.destroy();
    return { serialNumber, alpnProtocol };
  }

  test('that is renewed is used for new connections, and open ones continue', async () => {
    const url = await serve();
    const session = await h2(url);
    const before = await met(url);
    put(OTHER);
    await until('the new one is used', async () => (await met(url)).serialNumber !== before.serialNumber);
    expect((await met(url)).alpnProtocol).toBe('h2');
    expect((await callH2(session, { ':path': '/' })).status).toBe(200);
    session.destroy();
    expect(logged).toMatchObject([{ level: 'info', message: 'certificate loaded again' }]);
  });

  test.each([
    ['does not fit its key', () => copyFileSync(OTHER.cert, files.cert), /--tls-key .* is not the key of/],
    ['is not a certificate', () => writeFileSync(files.cert, 'x'), /--tls-cert .* contains no certificate/],
    ['is missing', () => rmSync(files.cert), /--tls-cert .* can't be read/],
  ])('that %s after a change leaves the old one', async (_, change, fault) => {
    const url = await serve();
    const before = await met(url);
    change();
    await until('it is logged', () => logged.length === 1);
    expect(logged).toMatchObject([
      {
        level: 'error',
        message: 'certificate refused, the old one stays',
        fields: { fault: expect.stringMatching(fault) },
      },
    ]);
    expect(await met(url)).toEqual(before);
    put(OTHER);
    await until('a good one is used', async () => (await met(url)).serialNumber !== before.serialNumber);
  });

  test('is not sent to clients without TLS 1.2', async () => {
    const url = await serve();
    const port = Number(new URL(url).port);
    const old = connect({
      port,
      ca: CA,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ciphers: 'ALL:@SECLEVEL=0',
    });
    await expect(once(old, 'secureConnect')).rejects.toThrow(/alert protocol version|unsupported protocol/i);
  });

  const faultOf = (): Promise<readonly string[] | null> =>
    openCertificate(files, log).then(
      () => null,
      (error) => startFaultLines(error),
    );

  test.each([
    ['does not exist', () => rmSync(files.cert), /^--tls-cert .*tls\.crt can't be read: ENOENT/],
    [
      'is not PEM',
      () => writeFileSync(files.cert, 'x'),
      /contains no certificate: write the path of one in PEM/,
    ],
    ['has no key', () => rmSync(files.key), /^--tls-key .*tls\.key can't be read: ENOENT/],
    ['has an invalid key', () => copyFileSync(files.cert, files.key), /contains no private key/],
    [
      'has a key that is too short',
      () => put(WEAK),
      /^--tls-cert .*tls\.crt is refused by OpenSSL \(EE_KEY_TOO_SMALL\): its key is too short; write one of 2048 bits/,
    ],
    [
      'has the key of another certificate',
      () => copyFileSync(OTHER.key, files.key),
      /write the two that belong together/,
    ],
  ])('that %s is a start fault', async (_, spoil, fault) => {
    spoil();
    expect(await faultOf()).toEqual([expect.stringMatching(fault)]);
  });

  test('is reported at the start of the program, with its key or without', async () => {
    const { cert, key } = FILES;
    const args = ['serve', '--bucket', 'http://127.0.0.1:9', '--port', '0', '--admin-port', '0'];
    const half = await ended([...args, '--tls-cert', cert]);
    expect([half.code, half.lines]).toEqual([
      2,
      ['bucket-cors: --tls-key is missing beside --tls-cert; write the path of its key in PEM'],
    ]);
    const wrong = await ended([...args, '--tls-cert', key, '--tls-key', key]);
    expect([wrong.code, wrong.lines]).toEqual([
      1,
      [`bucket-cors: --tls-cert ${key} contains no certificate: write the path of one in PEM`],
    ]);
  });
});
