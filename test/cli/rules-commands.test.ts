import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { edges } from './_edges.ts';
import { ended } from './_process.ts';

const xml = (...origins: readonly string[]): string =>
  `<CORSConfiguration>${origins
    .map(
      (origin) =>
        `<CORSRule><AllowedOrigin>${origin}</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod><MaxAgeSeconds>600</MaxAgeSeconds></CORSRule>`,
    )
    .join('')}</CORSConfiguration>`;

/** Runs the program with a file as its standard input. */
const piped = (path: string, ...args: string[]) =>
  ended(args, { under: ['sh', '-c', `cat '${path}' | "$0" "$@"`] });

describe('the program', () => {
  const { at, serve, store } = edges();

  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(at(name), text);
    return at(name);
  };

  test('checks standard input, and exits with what it finds', async () => {
    const clean = await piped(await file('clean.xml', xml('https://a.example.com')), 'check', '-');
    expect(clean).toMatchObject({ code: 0, stderr: '' });
    expect(clean.stdout).toMatch(/^standard input \(1 rule, store oss/);
    const wrong = await piped(await file('wrong.xml', xml('https://a.example.com/')), 'check', '-');
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toContain('error BC101');
    expect(wrong.stdout).not.toContain('\u001b[');
  });

  test('exits with 2 and one line if it cannot look', async () => {
    const { code, stdout, lines } = await ended(['check', at('no.xml')]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(lines).toEqual([expect.stringMatching(/^bucket-cors: \S+no\.xml can't be read: ENOENT/)]);
  });

  test('compares a file with the rules in force in a running edge', async () => {
    const bucket = await store('https://app.example.com');
    bucket.cors = { status: 200, body: xml('https://a.example.com') };
    const { adminUrl } = await serve('--bucket', bucket.url);
    const same = await file('same.xml', xml('https://a.example.com'));
    expect(await ended(['diff', same, '--admin', adminUrl])).toMatchObject({ code: 0 });
    const wider = await file('wider.xml', xml('https://a.example.com', 'https://b.example.com'));
    const { code, stdout } = await ended(['diff', `admin:${adminUrl}`, wider, '--only', 'wider']);
    expect(code).toBe(1);
    expect(stdout).toContain('https://b.example.com may GET and HEAD from now on (rule 2)');
  });

  test('checks the rules of one of several buckets of a running edge', async () => {
    const [one, other] = [await store('https://app.example.com'), await store('https://app.example.com/')];
    one.cors = { status: 200, body: xml('https://a.example.com') };
    other.cors = { status: 200, body: xml('https://a.example.com/') };
    const buckets = {
      media: { bucket: one.url, preload: true },
      docs: { bucket: other.url, prefix: '/docs', preload: true },
    };
    const { adminUrl } = await serve('--config', await file('edge.json', JSON.stringify({ buckets })));
    const unnamed = await ended(['check', '--admin', adminUrl]);
    expect(unnamed).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/Name one with --bucket.*media/),
    });
    expect(await ended(['check', '--admin', adminUrl, '--bucket', 'media'])).toMatchObject({ code: 0 });
    const { code, stdout } = await ended(['check', '--admin', adminUrl, '--bucket', 'docs']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\S+\/rules\?bucket=docs \(1 rule, store oss\)/);
    expect(stdout).toContain('error BC101');
  });

  test('converts a document in a pipe', async () => {
    const { code, stdout } = await piped(
      await file('cors.xml', xml('https://a.example.com')),
      'convert',
      '-',
      '--to',
      's3-json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      CORSRules: [
        { AllowedOrigins: ['https://a.example.com'], AllowedMethods: ['GET', 'HEAD'], MaxAgeSeconds: 600 },
      ],
    });
  });
});
