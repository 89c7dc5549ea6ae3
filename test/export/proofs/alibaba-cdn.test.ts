import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { notesNaming } from '../../../src/cli/export/report.ts';
import { alibabaCdn } from '../../../src/export/alibaba-cdn/alibaba-cdn.ts';
import type { CdnFunction } from '../../../src/export/alibaba-cdn/functions.ts';
import { presence } from '../../helpers/program.ts';
import { exportOptions, writtenFor } from '../_proofs.ts';
import { ruleSets } from '../_rule-sets.ts';

const jq = presence('jq', '--version', 'jq');
const hasTerraform = spawnSync('terraform', ['version']).status === 0;
const said = ruleSets().filter(({ rules }) => alibabaCdn.compile(rules, exportOptions()).ok);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bucket-cors-alibaba-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes down its arguments, and answers DescribeCdnDomainConfigs by a file. */
const ALIYUN = `#!/bin/sh
printf '%s\\n' "$(printf '%s' "$*" | tr -d '\\n')" >> calls
case "$2" in Describe*) cat described.json;; esac
`;

const idOf = (at: number): number => 520_201_192_464_384 + at;

describe.skipIf(jq.skipped)(`the commands of the notes${jq.why}`, () => {
  test.each(said.slice(0, 12).concat(said.filter(({ name }) => name.startsWith('no rules'))))(
    'send all functions, with the ids of the conditions: $name',
    async ({ rules }) => {
      const { files, notes } = writtenFor(alibabaCdn, rules);
      const functions = JSON.parse(files[0]?.text ?? '') as CdnFunction[];
      const described = functions.map(({ functionName, functionArgs }, at) => ({
        ConfigId: String(idOf(at)),
        FunctionName: functionName,
        FunctionArgs: {
          FunctionArg: functionArgs.map(({ argName, argValue }) => ({
            ArgName: argName,
            ArgValue: argValue,
          })),
        },
      }));
      const answer = { DomainConfigs: { DomainConfig: described } };
      await Promise.all([
        writeFile(join(folder, "it's cors.json"), files[0]?.text ?? ''),
        writeFile(join(folder, 'described.json'), JSON.stringify(answer)),
        writeFile(join(folder, 'aliyun'), ALIYUN),
        writeFile(join(folder, 'calls'), ''),
      ]);
      await chmod(join(folder, 'aliyun'), 0o755);
      const commands = notesNaming("it's cors.json", notes).flatMap(({ command }) =>
        command?.startsWith('aliyun') ? [command] : [],
      );
      const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
      const [list = '', ...calls] = commands;
      const listed = spawnSync('sh', ['-c', list], { cwd: folder, env, encoding: 'utf8' });
      expect(listed.stdout.trim().split('\n')).toHaveLength(functions.length);
      for (const command of calls)
        expect(spawnSync('sh', ['-c', command], { cwd: folder, env, encoding: 'utf8' }).stderr).toBe('');
      const sent = (await readFile(join(folder, 'calls'), 'utf8'))
        .split('\n')
        .filter((line) => line.includes('BatchSetCdnDomainConfig'))
        .flatMap((line) => JSON.parse(line.slice(line.indexOf('['))) as CdnFunction[]);
      const ids = new Map(
        functions.flatMap(({ functionName, functionArgs }, at) =>
          functionName === 'condition' ? [[JSON.parse(functionArgs[0]?.argValue ?? '').name, idOf(at)]] : [],
        ),
      );
      const expected = functions.map((one) =>
        one.parentId === undefined ? one : { ...one, parentId: ids.get(one.parentId) },
      );
      const first = expected.filter(({ parentId }) => parentId === undefined);
      const second = expected.filter(({ parentId }) => parentId !== undefined);
      expect(sent).toEqual([...first, ...second]);
    },
  );
});

describe.skipIf(!hasTerraform)('Terraform (skipped where it is not installed)', () => {
  test('finds the files formatted', async () => {
    for (const { name, rules } of said) {
      const file = join(folder, 'cors.tf');
      await writeFile(file, writtenFor(alibabaCdn, rules, { format: 'terraform' }).files[0]?.text ?? '');
      expect([name, spawnSync('terraform', ['fmt', '-check', file]).status]).toEqual([name, 0]);
    }
  });
});
