import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Arguments } from '../../src/cli/command.ts';
import { readTexts } from '../../src/cli/explain/texts.ts';
import { faultLine } from '../../src/document/fault.ts';
import { readCurl } from '../../src/requests/curl.ts';
import { wordsOf } from '../../src/requests/words.ts';

const read = (command: string) => {
  const found = readCurl(command);
  if (!found.ok) throw new Error(faultLine(found.faults));
  return found.value;
};

/** As Chromium's DevTools copies a fetch of a page (bash). */
const CHROME_BASH = String.raw`curl 'https://bucket.oss-cn-hangzhou.aliyuncs.com/uploads/a.json?x-oss-signature=SECRET' \
  -X 'PUT' \
  -H 'accept: */*' \
  -H 'accept-language: en-US,en;q=0.9' \
  -H 'authorization: Bearer SECRET' \
  -H 'cache-control: no-cache' \
  -H 'content-type: application/json' \
  -b 'sid=SECRET; theme=dark' \
  -H 'origin: https://app.example.com' \
  -H 'priority: u=1, i' \
  -H 'referer: https://app.example.com/' \
  -H 'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24"' \
  -H 'sec-fetch-mode: cors' \
  -H 'user-agent: Mozilla/5.0 (X11; Linux x86_64)' \
  --data-raw $'{"note":"it\'s\u0021"}'`;

/** The same as DevTools copies it on Windows (cmd). */
const CHROME_CMD = String.raw`curl ^"https://bucket.oss-cn-hangzhou.aliyuncs.com/uploads/a.json?x-oss-signature=SECRET^&a=100^%^25^" ^
  -X ^"PUT^" ^
  -H ^"accept: */*^" ^
  -H ^"authorization: Bearer SECRET^" ^
  -H ^"cache-control: no-cache^" ^
  -H ^"content-type: application/json^" ^
  -b ^"sid=SECRET; theme=dark^" ^
  -H ^"origin: https://app.example.com^" ^
  -H ^"referer: https://app.example.com/^" ^
  -H ^"sec-ch-ua: ^\^"Chromium^\^";v=^\^"140^\^", ^\^"Not=A?Brand^\^";v=^\^"24^\^"^" ^
  -H ^"user-agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64)^" ^
  --data-raw ^"^{^\^"note^\^":1^}^"`;

/** As Firefox copies it. */
const FIREFOX = `curl 'https://bucket.oss-cn-hangzhou.aliyuncs.com/uploads/a.json' --compressed -X PUT -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' -H 'Accept: */*' -H 'Accept-Language: en-US,en;q=0.5' -H 'Accept-Encoding: gzip, deflate, br, zstd' -H 'Referer: https://app.example.com/' -H 'authorization: Bearer SECRET' -H 'content-type: application/json' -H 'Origin: https://app.example.com' -H 'Connection: keep-alive' -H 'Cookie: sid=SECRET' -H 'Sec-Fetch-Dest: empty' -H 'Sec-Fetch-Mode: cors' -H 'Priority: u=4' -H 'Pragma: no-cache' -H 'Cache-Control: no-cache' --data-raw '{}'`;

/** As Safari copies it. */
const SAFARI = String.raw`curl 'https://bucket.oss-cn-hangzhou.aliyuncs.com/uploads/a.json' \
-X 'PUT' \
-H 'Content-Type: application/json' \
-H 'Accept: */*' \
-H 'Authorization: Bearer SECRET' \
-H 'Sec-Fetch-Site: cross-site' \
-H 'Origin: https://app.example.com' \
-H 'Content-Length: 2' \
-H 'Cookie: sid=SECRET' \
--data-binary '{}'`;

describe('a copied curl command', () => {
  test.each([
    ['Chromium for bash', CHROME_BASH, ['cache-control']],
    [
      'Chromium for bash with the line ends of Windows',
      CHROME_BASH.replaceAll('\n', '\r\n'),
      ['cache-control'],
    ],
    ['Chromium for cmd', CHROME_CMD, ['cache-control']],
    [
      'Chromium for cmd with the line ends of Windows',
      CHROME_CMD.replaceAll('\n', '\r\n'),
      ['cache-control'],
    ],
    ['Firefox', FIREFOX, ['cache-control', 'pragma']],
    ['Safari', SAFARI, []],
  ])('of %s is read', (_, command, added) => {
    expect(read(command)).toEqual({
      origin: 'https://app.example.com',
      referrer: command === SAFARI ? null : 'https://app.example.com',
      method: 'PUT',
      url: 'https://bucket.oss-cn-hangzhou.aliyuncs.com/uploads/a.json',
      asked: ['authorization', 'content-type'],
      added,
      credentials: true,
    });
    expect(JSON.stringify(read(command))).not.toContain('SECRET');
  });

  test('of Chromium for cmd has the words that Windows passes on', () => {
    expect(
      wordsOf(
        'curl ^"http://a/?b=1^&c=^%^41^" ^' +
          '\n' +
          String.raw`-H ^"x: ^\^"q^\^" ^\^\^" --data-raw ^"a^` +
          '\n\n' +
          'b^"',
      ),
    ).toEqual(['curl', 'http://a/?b=1&c=%41', '-H', 'x: "q" \\', '--data-raw', 'a\nb']);
    expect(wordsOf('curl "a^b" ^\n"c"')).toEqual(['curl', 'a^b', 'c']);
  });

  test('for bash may have carets in its data', () => {
    expect(wordsOf(`curl 'http://a/' --data-raw '{"a":"^"}' -H "x: ^"`)).toEqual([
      'curl',
      'http://a/',
      '--data-raw',
      '{"a":"^"}',
      '-H',
      'x: ^',
    ]);
  });

  test.each([
    ['GET without flags', 'http://b/a', 'GET'],
    ['-XDELETE', '-XDELETE http://b/a', 'DELETE'],
    ['--request=PUT', '--request=PUT http://b/a', 'PUT'],
    ['--request patch', '--request patch http://b/a', 'patch'],
    ['-X put', '-X put http://b/a', 'PUT'],
    ['the last -X', '-X PUT -X DELETE http://b/a', 'DELETE'],
    ['-I', '-sI http://b/a', 'HEAD'],
    ['-T', '-T file http://b/a', 'PUT'],
    ['-d', '-d a=1 http://b/a', 'POST'],
    ['--data-urlencode', '--data-urlencode a=1 http://b/a', 'POST'],
    ['-G', '-G -d a=1 http://b/a', 'GET'],
    ['--json', '--json {} http://b/a', 'POST'],
    ['-F', '-F a=@b http://b/a', 'POST'],
    ['a cluster of flags', '-sSLXPUT http://b/a', 'PUT'],
    ['a preflight', "-X OPTIONS -H 'Access-Control-Request-Method: PUT' http://b/a", 'PUT'],
  ])('has the method of %s', (_, flags, method) => {
    expect(read(`curl ${flags}`)).toMatchObject({ method, url: 'http://b/a' });
  });

  test.each([
    ["-H'X-A: 1'", ['x-a']],
    ["--header='X-A: 1'", ['x-a']],
    ["-sH 'X-A: 1'", ['x-a']],
    ["-H 'X-A;'", ['x-a']],
    ["-H 'X-A:'", []],
    ['-H @file', []],
    ['-d a=1', []],
    ["-d '{}' -H 'content-type: application/json'", ['content-type']],
    ['--json {}', ['content-type']],
    ['-F a=b', []],
    ['-u me:SECRET', ['authorization']],
    ['--oauth2-bearer SECRET', ['authorization']],
    ['-r 0-99', []],
    ['-r 0-1,5-9', ['range']],
    [
      [
        'Alt-Used: bucket.example',
        'Priority: u=4',
        'TE: trailers',
        'DNT: 1',
        'Sec-GPC: 1',
        'Upgrade-Insecure-Requests: 1',
        'Save-Data: on',
        'Pragma: no-cache',
        'Cache-Control: no-cache',
        'Available-Dictionary: :pZGm1Av0IEBKARczz7exkNYsZb8LzaMrV7J32a2fFG4=:',
        'X-Client-Data: a',
        'X-Browser-Validation: a',
      ]
        .map((header) => `-H '${header}'`)
        .join(' '),
      [],
    ],
    ["-H 'Accept: */*' -H 'Cookie: a' -H 'Host: b' -A me -e http://a", []],
    [
      "-X OPTIONS -H 'Access-Control-Request-Method: PUT' -H 'Access-Control-Request-Headers: x-b,x-a'",
      ['x-b', 'x-a'],
    ],
  ])('with %s asks for %j', (flags, asked) => {
    expect(read(`curl ${flags} http://b/a`).asked).toEqual(asked);
  });

  test.each([
    ['-b a=1', true],
    ['--cookie a=1', true],
    ["-H 'Cookie: a=1'", true],
    ['-c jar', false],
    ["-H 'Authorization: a'", false],
  ])('with %s sends cookies: %s', (flags, credentials) => {
    expect(read(`curl ${flags} http://b/a`).credentials).toBe(credentials);
  });

  test.each([
    ['--url', 'curl --url https://b/a -o out', 'https://b/a'],
    ['no scheme', 'curl b.example/a', 'http://b.example/a'],
    ['user, password, query and fragment', 'curl https://me:SECRET@b/a?Signature=SECRET#f', 'https://b/a'],
    ['a prompt', '$ curl https://b/a', 'https://b/a'],
    ['a path to curl', '/usr/bin/curl https://b/a', 'https://b/a'],
    ['values before it', 'curl -o out --proxy http://proxy -w %{http_code} https://b/a', 'https://b/a'],
  ])('has its URL: %s', (_, command, url) => {
    expect(read(command).url).toBe(url);
  });

  test.each([
    ['wget https://b/a?SECRET', 'does not begin with curl'],
    ['', 'does not begin with curl'],
    ["curl 'https://b/a?SECRET", 'ends inside quotes'],
    ['curl -X PUT', 'has no URL'],
    ['curl ftp://b/SECRET', 'has no URL'],
    ['Invoke-WebRequest -Uri "https://b/a?SECRET"', 'is a command for PowerShell'],
    ['$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession', 'is a command for PowerShell'],
    ['fetch("https://b/a?SECRET", {})', 'is a call of fetch'],
    [`curl https://b/${'SECRET'.repeat(200_000)}`, 'is longer than 1 MB'],
  ])('is refused without its values: %.40s', (command, reason) => {
    const found = readCurl(command);
    expect(found).toMatchObject({ ok: false, faults: [{ place: '--curl', reason }] });
    expect(JSON.stringify(found)).not.toContain('SECRET');
  });
});

describe('--curl -', () => {
  const args = (words: readonly string[]): Arguments => ({
    words,
    value: (name) => (name === 'curl' ? '-' : null),
    values: () => [],
    on: () => false,
  });
  const faulty = new Readable({
    read() {
      this.destroy(new Error('EIO'));
    },
  });

  test('reads the command from standard input', async () => {
    const input = Readable.from([
      Buffer.from('curl https://b/é').subarray(0, 16),
      Buffer.from('é').subarray(1),
    ]);
    expect(await readTexts(args(['cors.xml']), input)).toEqual({
      ok: true,
      value: { curl: 'curl https://b/é', har: null },
    });
  });

  test('reads no more than a command may have', async () => {
    let pieces = 0;
    const endless = new Readable({
      read() {
        pieces += 1;
        this.push(Buffer.alloc(65_536, 'a'));
      },
    });
    const found = await readTexts(args([]), endless);
    expect(found.ok && readCurl(found.value.curl ?? '')).toMatchObject({ ok: false });
    expect(pieces).toBeLessThan(30);
  });

  test.each([
    ['SOURCE is standard input too', ['-'], Readable.from([]), 'reads standard input, as SOURCE does'],
    ['standard input fails', [], faulty, 'cannot be read from standard input'],
  ])('is refused if %s', async (_, words, input, reason) => {
    expect(await readTexts(args(words), input)).toMatchObject({
      ok: false,
      faults: [{ place: '--curl', reason }],
    });
  });
});
