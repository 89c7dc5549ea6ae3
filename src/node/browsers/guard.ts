// A program of its own: starts a browser with a temporary profile, and ends the browser and removes the profile when its
// standard input ends. That also happens when the process that started it is killed.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What the guard starts. */
export interface Guarded {
  readonly program: string;
  /** `PROFILE` in an argument stands for the folder of the profile. */
  readonly args: readonly string[];
  /** Files of the profile: names and texts. */
  readonly files: Readonly<Record<string, string>>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function guard({ program, args, files }: Guarded): void {
  const profile = mkdtempSync(join(tmpdir(), 'bucket-cors-browser-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(profile, name)), { recursive: true });
    writeFileSync(join(profile, name), text);
  }
  const child = spawn(
    program,
    args.map((argument) => argument.replaceAll('PROFILE', profile)),
    {
      // A process group, because a browser has several processes.
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile, ...homeOf(profile) },
    },
  );
  const end = () => {
    if (child.pid !== undefined) endGroup(child.pid);
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    process.exit();
  };
  child.once('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    end();
  });
  child.once('exit', end);
  for (const signal of SIGNALS) process.once(signal, end);
  process.stdin.once('end', end).once('error', end).resume();
}

/** Firefox does not run as root in the home of another user. */
const homeOf = (profile: string): Readonly<Record<string, string>> =>
  process.getuid?.() === 0 ? { HOME: profile } : {};

function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // The group has ended.
  }
}

if (process.argv[2] !== undefined) guard(JSON.parse(process.argv[2]) as Guarded);
