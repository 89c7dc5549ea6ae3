import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { NODE } from './_process.ts';

const BIN = fileURLToPath(new URL('../../bin/bucket-cors.js', import.meta.url));

/** Runs a program on a terminal of its own, types a text when the screen has another one, and prints code and screen. */
const SCRIPT = `
import json, os, pty, select, sys, time
steps = json.loads(sys.argv[1])
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
screen, end, at = b'', time.monotonic() + 30, 0
while time.monotonic() < end:
    if not select.select([fd], [], [], 0.1)[0]:
        continue
    try:
        some = os.read(fd, 65536)
    except OSError:
        break
    if not some:
        break
    screen += some
    if steps and steps[0][0].encode() in screen[at:]:
        at = len(screen)
        os.write(fd, steps.pop(0)[1].encode())
else:
    os.kill(pid, 9)
print(json.dumps({'code': os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 'screen': screen.decode()}))
`;

export interface OnTerminal {
  /** The exit code; the negative number of the signal that ended the program. */
  readonly code: number;
  readonly screen: string;
}

export const CTRL_C = '\u0003';
export const CTRL_D = '\u0004';

/** Runs the program on a pseudo-terminal. Each step is a text to wait for, and what a person then types. */
export async function onTerminal(
  args: readonly string[],
  steps: readonly (readonly [waitFor: string, typed: string])[],
): Promise<OnTerminal> {
  const words = ['-c', SCRIPT, JSON.stringify(steps), NODE, BIN, ...args];
  const child = spawn('/usr/bin/python3', words, {
    env: {
      PATH: process.env.PATH ?? '',
      TERM: 'xterm',
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (some) => {
    text += some;
  });
  await once(child, 'close');
  return JSON.parse(text);
}
