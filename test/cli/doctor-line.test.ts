import { describe, expect, test } from 'vitest';
import { doctor } from '../../src/cli/doctor.ts';
import { APP, bare, changed, right, whileServed } from '../doctor/_server.ts';
import { freePort } from '../helpers/listen.ts';
import { runCommand } from './_command.ts';

describe('with --message', () => {
  const sentence = (url: string) =>
    `Access to fetch at '${url}' from origin '${APP}' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.`;

  test('reads URL and origin from the sentence, and goes on from there', async () => {
    const { code, stdout } = await whileServed(changed(bare), (url) =>
      runCommand(doctor, ['--message', sentence(url)]),
    );
    expect(code).toBe(1);
    expect(stdout.replace(/\s+/g, ' ')).toContain('The sentence of Chromium means: The answer has no');
    expect(stdout).toContain('error no_allow_origin');
  });

  test('takes a preflight that names no method for that of an upload, and says so', async () => {
    const text = (url: string) =>
      `Access to fetch at '${url}' from origin '${APP}' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource.`;
    const { stdout, stderr } = await whileServed(right, (url) =>
      runCommand(doctor, ['--message', text(url)]),
    );
    expect(stderr).toContain('names no method: examined as PUT');
    expect(stdout).toMatch(/^PUT http/);
    expect(stdout.replace(/\s+/g, ' ')).toContain('No answer shows it now');
  });

  test('says that it asks with GET where Firefox names no method', async () => {
    const { stderr } = await whileServed(right, (url) =>
      runCommand(doctor, [
        '--origin',
        APP,
        '--message',
        `Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at ${url}. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 403.`,
      ]),
    );
    expect(stderr).toContain('names no method: examined as GET. For an upload write --method PUT too');
  });

  test('refuses what is no such sentence', async () => {
    const { code, stderr } = await runCommand(doctor, [
      'https://files.example.com/',
      '--origin',
      APP,
      '--message',
      'it fails',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('--message is no sentence about CORS');
  });
});

describe('a command line', () => {
  test.each([
    [['--origin', APP], /^URL is missing; write the URL/],
    [
      ['files.example.com/a', '--origin', APP],
      /^URL "files\.example\.com\/a" is not the URL of an object; write it with http:\/\/ or https:\/\//,
    ],
    [
      ['https://user:secret@files.example.com/', '--origin', APP],
      /^URL "https:\/\/…@files\.example\.com\/" contains a user name/,
    ],
    [['https://files.example.com/'], /^--origin is missing; write --origin https:\/\/app\.example\.com/],
    [
      ['https://files.example.com/', '--origin', `${APP}/`],
      /^--origin "https:\/\/app\.example\.com\/" is no origin that browsers send; write https:\/\/app\.example\.com\n/,
    ],
    [['https://files.example.com/', '--origin', 'app'], /^--origin "app" is not an origin/],
    [
      ['https://files.example.com/a', '--origin', 'https://files.example.com'],
      /is the origin of the URL too/,
    ],
    [
      ['https://files.example.com/', '--origin', APP, '--headers', 'authorization: secret'],
      /^--headers is not a list of header names/,
    ],
    [['https://files.example.com/', '--origin', APP, '--method', 'P UT'], /^--method "P UT" is not a method/],
    [
      ['https://files.example.com/', '--origin', APP, '--timeout', '1h'],
      /^--timeout "1h" is not a number of seconds/,
    ],
    [
      ['https://files.example.com/', '--origin', APP, '--region', 'x'],
      /^--region has a meaning only for rules to compare with/,
    ],
  ])('%j is refused', async (line, says) => {
    const { code, stdout, stderr } = await runCommand(doctor, line);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('secret');
  });

  test('with a server that gives no answer ends with 2, and a report', async () => {
    const url = `http://127.0.0.1:${await freePort()}/a`;
    const { code, stdout } = await runCommand(doctor, [url, '--origin', APP, '--timeout', '0.5']);
    expect(code).toBe(2);
    expect(stdout).toContain('error no_answer');
    expect(stdout).toContain('Whether the page gets its answer is not known.');
  });
});
