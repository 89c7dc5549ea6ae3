import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CompiledRules, compileRules } from '../../../src/cors/compile.ts';
import { varnish } from '../../../src/export/varnish/varnish.ts';
import { freePort } from '../../helpers/listen.ts';
import { startProgram } from '../../helpers/program.ts';
import { startVarnish, VARNISH } from '../../helpers/varnish.ts';
import { writtenFor } from '../_proofs.ts';
import { behaviourOf, rule } from '../_rule-sets.ts';

const rulesOf = (origin: string): CompiledRules =>
  compileRules(
    { rules: [rule({ allowedOrigins: [origin], allowedMethods: ['GET'] })], responseVary: false },
    behaviourOf('oss'),
  );
const SITES = { media: rulesOf('https://app.example'), public: rulesOf('*') };
const BACKEND = 'backend default { .host = "127.0.0.1"; .port = "9"; }';

describe.skipIf(VARNISH.skipped)(`Varnish with the exports of two sites${VARNISH.why}`, () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bucket-cors-vcl-'));
    for (const [name, rules] of Object.entries(SITES))
      await writeFile(
        join(folder, `${name}-cors.vcl`),
        writtenFor(varnish, rules, { name }).files[0]?.text ?? '',
      );
  });
  afterEach(() => rm(folder, { recursive: true }));
  const include = (name: string) => `include "${join(folder, `${name}-cors.vcl`)}";`;

  test('one VCL refuses them: each request would be answered by the rules of both', async () => {
    const both = [include('media'), include('public')].join('\n');
    await expect(startVarnish('http://127.0.0.1:9', both)).rejects.toThrow('Another site has its own VCL');
  });

  test('each in a VCL of its own, with a label, answers by its rules alone', async () => {
    const commands: string[] = [];
    const load = async (name: string, text: string) => {
      await writeFile(join(folder, `${name}.vcl`), `vcl 4.1;\n${BACKEND}\n${text}\n`);
      commands.push(`vcl.load load_${name} ${join(folder, `${name}.vcl`)}`);
    };
    for (const name of ['media', 'public']) {
      await load(name, include(name));
      commands.push(`vcl.label ${name} load_${name}`);
    }
    const choose = (name: string) => `if (req.url ~ "^/${name}/") { return (vcl(${name})); }`;
    await load('main', `sub vcl_recv { ${choose('media')} ${choose('public')} return (synth(404)); }`);
    await writeFile(join(folder, 'start.cli'), [...commands, 'vcl.use load_main', ''].join('\n'));
    const port = await freePort();
    const running = await startProgram('varnishd', port, async (work) => {
      const own = ['-F', '-j', 'none', '-n', work, '-s', 'malloc,16m', '-I', join(folder, 'start.cli')];
      return [...own, '-a', `127.0.0.1:${port}`, '-f', ''];
    });
    try {
      const ask = async (site: string, method: string) => {
        const headers = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'GET' };
        const answer = await fetch(`${running.url}/${site}/key`, { method, headers });
        return [answer.status, answer.headers.get('access-control-allow-origin')];
      };
      expect(await ask('media', 'GET')).toEqual([503, null]);
      expect(await ask('media', 'OPTIONS')).toEqual([403, null]);
      expect(await ask('public', 'GET')).toEqual([503, '*']);
      expect(await ask('public', 'OPTIONS')).toEqual([200, '*']);
      expect(await ask('other', 'GET')).toEqual([404, null]);
    } finally {
      await running.stop();
    }
  });
});
