import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call } from '../node/_running.ts';
import { rulesFor } from '../node/transport/_store.ts';
import { run, stop } from './_process.ts';

const FREE = ['--port', '0', '--admin-port', '0', '--demo-port', '0'];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
  await mkdir(join(folder, 'bucket'));
  await writeFile(join(folder, 'good.xml'), rulesFor('https://a.example'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('demo', { timeout: 60_000 }, () => {
  test('prints the addresses of page, edge and admin port, and all of them work', async () => {
    const demo = run(['demo', ...FREE]);
    try {
      const [page, edge, admin] = await Promise.all([
        demo.address('demo page'),
        demo.address('edge'),
        demo.address('admin'),
      ]);
      expect(new Set([page, edge, admin]).size).toBe(3);
      expect(demo.lines()).toHaveLength(3);

      const { status, text } = await call(page);
      expect(status).toBe(200);
      expect(text).toContain('<!doctype html>');
      expect(JSON.parse((await call(`${page}/config.json`)).text)).toMatchObject({ edge, admin });

      const object = await call(`${edge}/hello.txt`, { headers: { Origin: page } });
      expect(object.status).toBe(200);
      expect(object.headers['access-control-allow-origin']).toBe(page);
      expect(await call(`${admin}/readyz`)).toMatchObject({ status: 200 });
      const why = await call(`${page}/why?method=DELETE&path=/hello.txt&origin=${page}&headers=`);
      expect(JSON.parse(why.text)).toMatchObject({ kind: 'preflight', reason: 'method_not_allowed' });

      const log = demo
        .stdout()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(log.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['rules loaded', 'request']));
      demo.child.kill('SIGTERM');
      expect(await demo.code).toBe(0);
    } finally {
      await stop(demo);
    }
  });

  test('serves a folder and a file that have the form of addresses', async () => {
    await mkdir(join(folder, 'example.com'));
    await writeFile(join(folder, 'example.com', 'cors.xml'), rulesFor('https://a.example'));
    const args = ['serve', ...FREE, '--bucket', './example.com', '--rules', 'example.com/cors.xml'];
    const edge = run(args, { cwd: folder });
    try {
      const answered = await call(`${await edge.address('edge')}/cors.xml`, {
        headers: { Origin: 'https://a.example' },
      });
      expect(answered.headers['access-control-allow-origin']).toBe('https://a.example');
    } finally {
      await stop(edge);
    }
  });

  test('serves the given bucket by the given rules', async () => {
    await writeFile(join(folder, 'bucket', 'mine.txt'), 'mine');
    const demo = run(['demo', ...FREE, '--rules', 'good.xml'], {
      cwd: folder,
      env: { BUCKET_URL: './bucket' },
    });
    try {
      const answered = await call(`${await demo.address('edge')}/mine.txt`, {
        headers: { Origin: 'https://a.example' },
      });
      expect(answered).toMatchObject({
        text: 'mine',
        headers: { 'access-control-allow-origin': 'https://a.example' },
      });
      expect(demo.lines()[0]).toMatch(/bucket.*good\.xml/);
    } finally {
      await stop(demo);
    }
  });
});
