import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Run, run, stop } from '../../cli/_process.ts';
import { listen } from '../../helpers/listen.ts';
import { FILES } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';
import { call, configOf, type Started, startEdge } from '../_running.ts';
import { rulesFor } from './_store.ts';

/** A store with a self-signed certificate for `localhost` and 127.0.0.1. */
let secure: Server;
let port = 0;
beforeAll(async () => {
  const pair = { cert: readFileSync(FILES.cert), key: readFileSync(FILES.key) };
  secure = createServer(pair, ({ url }, response) => {
    response.end(url === '/?cors' ? rulesFor('https://a.example') : 'hello');
  });
  await new Promise<void>((resolve) => secure.listen(0, resolve));
  ({ port } = secure.address() as AddressInfo);
});
afterAll(() => {
  secure.closeAllConnections();
  secure.close();
});

let edge: Started | undefined;
let program: Run | undefined;
afterEach(async () => {
  await edge?.close();
  if (program !== undefined) await stop(program);
  edge = undefined;
  program = undefined;
});

describe('the reason why a bucket is unreachable', () => {
  test.each<[string, () => string, RegExp]>([
    [
      'a name that DNS does not know',
      () => 'http://no-such-bucket.invalid',
      /^getaddrinfo E(NOTFOUND|AI_AGAIN) no-such-bucket\.invalid$/,
    ],
    ['a port where nothing listens', () => 'http://127.0.0.1:1', /^connect ECONNREFUSED 127\.0\.0\.1:1$/],
    ['a name with several addresses', () => 'http://localhost:1', /^connect ECONNREFUSED .*:1/],
    ['a self-signed certificate', () => `https://127.0.0.1:${port}`, /\(DEPTH_ZERO_SELF_SIGNED_CERT\)$/],
  ])('is in the log, for the request and for the rules: %s', async (_, url, cause) => {
    edge = await startEdge(configOf({ bucket: url() }));
    const answered = await edge.call('/key?Signature=hush-7f3a');
    expect(answered.status).toBe(502);
    const lineOf = (msg: string) => edge?.logged().find((line) => line.msg === msg);
    await until('the request is logged', () => lineOf('request') !== undefined);
    expect(lineOf('request')).toMatchObject({
      level: 'error',
      code: 'BucketUnreachable',
      cause: expect.stringMatching(cause),
    });
    await until('the load is logged', () => lineOf('rules could not be loaded') !== undefined);
    const logged = String(lineOf('rules could not be loaded')?.cause);
    expect(logged.slice(logged.indexOf('could not be read: ') + 'could not be read: '.length)).toMatch(cause);
    // The client gets only the code: the cause may name hosts of an internal network.
    expect(answered.text).toContain('<Code>BucketUnreachable</Code>');
    expect(answered.text).not.toMatch(/ECONNREFUSED|ENOTFOUND|SELF_SIGNED/);
    expect(edge.text.join('')).not.toContain('hush-7f3a');
  });

  test('is null for a request that the edge refused itself', async () => {
    edge = await startEdge(configOf({ bucket: 'http://127.0.0.1:1' }));
    await edge.call('/key', { method: 'PROPFIND' });
    await until('the request is logged', () => edge?.logged().some(({ msg }) => msg === 'request') === true);
    expect(edge.logged().find(({ msg }) => msg === 'request')).toMatchObject({
      code: 'MethodNotAllowed',
      cause: null,
    });
  });

  test('names a rules URL without its query, and no token', async () => {
    const options = {
      bucket: 'http://127.0.0.1:1',
      rules: 'http://localhost:1/r.xml?sig=hush-7f3a',
      rulesToken: 'env:T',
    };
    edge = await startEdge(configOf(options), { T: 'hush-token' });
    const failed = () => edge?.logged().find(({ msg }) => msg === 'rules could not be loaded');
    await until('the load is logged', () => failed() !== undefined);
    expect(failed()?.cause).toMatch(/^http:\/\/localhost:1\/r\.xml could not be read: connect ECONNREFUSED /);
    expect(edge.text.join('')).not.toContain('hush');
  });

  test('comes with the cure for an untrusted certificate', async () => {
    edge = await startEdge(configOf({ bucket: `https://127.0.0.1:${port}` }));
    const failed = () => edge?.logged().find(({ msg }) => msg === 'rules could not be loaded');
    await until('the load is logged', () => failed() !== undefined);
    expect(failed()?.cure).toContain('NODE_EXTRA_CA_CERTS');
  });
});

describe('the reason why a bucket fails otherwise', () => {
  const sockets = new Set<Socket>();
  let bucket: TcpServer;
  const openBucket = async (act: (socket: Socket) => void): Promise<string> => {
    bucket = createTcpServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      socket.once('data', () => act(socket));
    });
    return `127.0.0.1:${await listen(bucket)}`;
  };
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    bucket.close();
  });

  test.each<[string, string, string, (socket: Socket) => void, RegExp]>([
    [
      'BucketBrokeOff',
      'http',
      'resets the connection',
      (socket) => socket.resetAndDestroy(),
      /ECONNRESET|UND_ERR_SOCKET/,
    ],
    [
      'BucketBrokeOff',
      'http',
      'closes it within a body',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'),
      /UND_ERR_SOCKET|HPE_|ERR_BUCKET_CLOSED/,
    ],
    [
      'BucketAnswerInvalid',
      'http',
      'does not speak HTTP',
      (socket) => socket.end('220 ready\r\n'),
      /Expected HTTP|does not speak the HTTP\/1\.1 protocol/,
    ],
    [
      'BucketAnswerInvalid',
      'http',
      'sends no final head',
      (socket) => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(40)),
      /^the final response does not begin/,
    ],
    ['BucketHeadTimeout', 'http', 'does not answer', () => {}, /UND_ERR_HEADERS_TIMEOUT|ERR_HEAD_TIMEOUT/],
    [
      'BucketConnectTimeout',
      'https',
      'does not answer',
      () => {},
      /UND_ERR_CONNECT_TIMEOUT|ERR_CONNECT_TIMEOUT/,
    ],
  ])('is in the log: %s of a bucket that, over %s, %s', async (code, scheme, _, act, cause) => {
    const options = {
      rules: rulesFor('https://a.example'),
      bucketHeadTimeout: '1s',
      bucketConnectTimeout: '1s',
    };
    edge = await startEdge(configOf({ bucket: `${scheme}://${await openBucket(act)}`, ...options }));
    await edge.call('/key').catch(() => {});
    const line = () => edge?.logged().find(({ msg }) => msg === 'request');
    await until('the request is logged', () => line() !== undefined);
    expect(line()).toMatchObject({ level: 'error', code, cause: expect.stringMatching(cause) });
  });
});

describe('the program', () => {
  async function ask(bucket: string, env: Record<string, string>) {
    program = run(['serve', '--bucket', bucket, '--port', '0', '--admin-port', '0'], { env });
    const { status } = await call(`${await program.address('edge')}/key`);
    const { text } = await call(`${await program.address('admin')}/readyz`);
    await until('the request is logged', () => program?.stdout().includes('"msg":"request"') === true);
    const line = program
      .stdout()
      .split('\n')
      .find((one) => one.includes('"msg":"request"'));
    return { status, ready: JSON.parse(text).status, cause: JSON.parse(line ?? '{}').cause };
  }

  test('trusts the certificate authority in NODE_EXTRA_CA_CERTS', async () => {
    const env = { NODE_EXTRA_CA_CERTS: FILES.cert };
    expect(await ask(`https://localhost:${port}`, env)).toEqual({ status: 200, ready: 'ready', cause: null });
  });

  test('logs that a trusted certificate is for another name', async () => {
    const { status, cause } = await ask(`https://127.0.0.2:${port}`, { NODE_EXTRA_CA_CERTS: FILES.cert });
    expect(status).toBe(502);
    expect(cause).toContain('(ERR_TLS_CERT_ALTNAME_INVALID)');
  });

  test('ignores the proxy variables', async () => {
    const dead = 'http://127.0.0.1:1';
    const proxies = { HTTP_PROXY: dead, HTTPS_PROXY: dead, ALL_PROXY: dead, NODE_USE_ENV_PROXY: '1' };
    const env = { ...proxies, http_proxy: dead, https_proxy: dead, NODE_EXTRA_CA_CERTS: FILES.cert };
    expect(await ask(`https://localhost:${port}`, env)).toMatchObject({ status: 200, ready: 'ready' });
  });
});
