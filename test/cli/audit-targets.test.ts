import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { audit } from '../../src/cli/audit.ts';
import { exportRules } from '../../src/cli/export.ts';
import { toXml } from '../../src/document/xml.ts';
import { rule } from '../helpers/rules.ts';
import { runCommand } from './_command.ts';

const A = 'https://a.example.com';
let folder = '';
const at = (name: string) => join(folder, name);
const rulesFlags = () => ['--rules', at('cors.xml'), '--store', 'oss'];
const run = (target: string, name: string) => runCommand(audit, [target, at(name), ...rulesFlags()]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli audit's "));
  const allowed = rule({
    allowedOrigins: [A, 'https://b.example.com'],
    allowedMethods: ['GET', 'HEAD', 'POST'],
  });
  await writeFile(at('cors.xml'), toXml({ rules: [allowed], responseVary: false }));
});
afterAll(() => rm(folder, { recursive: true }));

const CONFIG = {
  FunctionName: 'set_resp_header',
  ConfigId: '51',
  Status: 'success',
  FunctionArgs: {
    FunctionArg: [
      { ArgName: 'key', ArgValue: 'Access-Control-Allow-Origin' },
      { ArgName: 'value', ArgValue: A },
      { ArgName: 'header_operation_type', ArgValue: 'add' },
    ],
  },
};

describe('an audit of Alibaba Cloud CDN', () => {
  test('finds that a domain without any configuration answers one origin with the copy of another', async () => {
    await writeFile(at('empty.json'), '{"DomainConfigs":{"DomainConfig":[]}}');
    const { code, stdout } = await run('alibaba-cdn', 'empty.json');
    expect(code).toBe(1);
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      `answers to GET and HEAD from the cache of Alibaba CDN are those of another origin, and let scripts at ${A} and https://b.example.com read less than the bucket lets them`,
    );
  });

  test('says how the correction is sent, and what is to be deleted before', async () => {
    await writeFile(at('one.json'), JSON.stringify({ DomainConfigs: { DomainConfig: [CONFIG] } }));
    const { stdout } = await run('alibaba-cdn', 'one.json');
    const text = stdout.replace(/\s+/g, ' ');
    expect(text).toContain('First delete what earlier calls');
    expect(stdout.match(/^ {2}aliyun cdn BatchSetCdnDomainConfig .* FILE/gm)).toHaveLength(2);
    expect(text).toContain('The second call refers to the conditions by the ids');
    expect(text).toContain('DeleteSpecificConfig with the ConfigId 51.');
  });
});

test('an audit of a route that is for a part of the requests does not succeed', async () => {
  const { stdout } = await runCommand(exportRules, ['gateway-api', ...rulesFlags()]);
  const lists = {
    allowOrigins: [A, 'https://b.example.com'],
    allowMethods: ['GET', 'HEAD', 'POST'],
    maxAge: 5,
  };
  expect(stdout).toContain('kind: HTTPRoute');
  const vary = {
    type: 'ResponseHeaderModifier',
    responseHeaderModifier: { add: [{ name: 'Vary', value: 'Origin' }] },
  };
  const route = (value: string) => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'files' },
    spec: {
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value } }],
          filters: [{ type: 'CORS', cors: lists }, vary],
        },
      ],
    },
  });
  await writeFile(at('whole.json'), JSON.stringify(route('/')));
  await writeFile(at('part.json'), JSON.stringify(route('/files')));
  expect((await run('gateway-api', 'whole.json')).code).toBe(0);
  const { code, stdout: said } = await run('gateway-api', 'part.json');
  expect([code, said.replace(/\s+/g, ' ')]).toEqual([2, expect.stringContaining('(path /files)')]);
});

test('the notes of an export name the file that was written', async () => {
  const output = at('a.json');
  const { stderr } = await runCommand(exportRules, ['alibaba-cdn', ...rulesFlags(), '-o', output]);
  expect(stderr).toMatch(
    /jq -c 'map\(select\(\.parentId \| not\)\)' '\/.*\/cli audit'\\''s [^/]*\/a\.json'\)"/,
  );
});
