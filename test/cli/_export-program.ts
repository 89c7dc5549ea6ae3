// `export` with targets of the tests, as a program. Its prover starts a real server that answers slowly, or never listens.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportOf } from '../../src/cli/export.ts';
import { runLine } from '../../src/cli/main.ts';
import { openTerminal } from '../../src/cli/terminal.ts';
import { exit } from '../../src/node/output/standard.ts';
import { startProgram } from '../../src/node/prove/program.ts';
import type { Prover } from '../../src/node/prove/prover.ts';
import { TARGETS } from './_export.ts';

const SERVER = `
const { createServer } = require('node:http');
const [, , port, pause] = process.argv;
console.log('listens');
const server = createServer((request, response) => setTimeout(() => response.end(), Number(pause)));
if (pause === 'never') setInterval(() => {}, 1000);
else server.listen(Number(port), '127.0.0.1');
`;

const slow: Prover = {
  program: 'node',
  install: '',
  isInstalled: async () => true,
  start: (files) =>
    startProgram('node', async (folder, port) => {
      await writeFile(join(folder, 'server.cjs'), SERVER);
      for (const { name, text } of files) await writeFile(join(folder, name), text);
      process.stderr.write(`proof ${process.pid} in ${folder}\n`);
      return [join(folder, 'server.cjs'), String(port), process.env.PAUSE ?? '50'];
    }),
};

const command = exportOf(
  TARGETS,
  async () => TARGETS,
  async () => new Map([['banner', slow]]),
);
const code = await runLine(process.argv.slice(2), [command], openTerminal(process.env));
if (code !== 'serving') await exit(code);
