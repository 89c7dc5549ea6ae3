// Preloaded into a process: its writes to files run on a thread that hangs, as on a network disk that is gone. The
// thread opens a pipe without a writer.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const pipe = process.env.HUNG_PIPE;
execFileSync('mkfifo', [pipe]);
fs.write = () => fs.open(pipe, 'r', () => {});
fs.writeSync = () => fs.openSync(pipe, 'r');
syncBuiltinESMExports();
process.on('SIGURG', () => {
  throw new Error('crashed');
});
