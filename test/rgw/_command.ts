import { spawn } from 'node:child_process';
import { program } from './_programs.ts';

/** Milliseconds. No client needs longer, also on a busy machine: a slower one hangs. */
const LIMIT_MS = 60_000;

export interface CommandOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Written to its standard input. */
  readonly input?: string;
  readonly cwd?: string;
}

export interface Output {
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a command to its end. Rejects with its output if it fails or takes too long. */
export function command(name: string, args: readonly string[], options: CommandOptions): Promise<Output> {
  const { env, input = '', cwd } = options;
  const child = spawn(program(name), args, { env, ...(cwd !== undefined && { cwd }) });
  const [output, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.on('error', () => undefined).end(input);
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, LIMIT_MS);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      const [stdout, stderr] = [Buffer.concat(output), String(Buffer.concat(errors))];
      if (code === 0) return resolve({ stdout, stderr });
      const how = late ? `did not end within ${LIMIT_MS / 1000} seconds` : `ended with ${code}`;
      const said = `${stdout}${stderr}`.slice(-4000);
      reject(new Error(`${name} ${args.join(' ').slice(0, 1000)} ${how}\n${said}`));
    });
  });
}
