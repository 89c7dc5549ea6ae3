import { describe, expect, test } from 'vitest';
import { readConfigFile } from '../../src/config/file.ts';
import { OPTION_NAMES, optionOf } from '../../src/config/options.ts';
import { type GivenOptions, readConfig } from '../../src/config/read.ts';
import { withoutSecrets } from '../../src/config/secrets.ts';
import { variableWarnings } from '../../src/config/variables.ts';

const SECRET = 'hush7f3a';

/** Values that have a secret in them, as operators paste them into the wrong place. */
const VALUES: readonly string[] = [
  `https://user:${SECRET}@b.example/x`,
  `https://${SECRET}@b.example`,
  `user:${SECRET}@b.example/x`,
  `ftp://user:${SECRET}@b.example`,
  `https://b.example/x?OSSAccessKeyId=LTAI5t&Expires=1&Signature=${SECRET}`,
  `https://b.example/x?X-Amz-Signature=${SECRET}`,
  `https://b.example/x?X-Amz-Security-Token=${SECRET}`,
  `https://b.example/x#access_token=${SECRET}`,
  `b.example/x?Signature=${SECRET}`,
  `./cors.xml?X-Amz-Signature=${SECRET}`,
  `OSSAccessKeyId=LTAI5t&Signature=${SECRET}`,
  `redis://:${SECRET}@127.0.0.1:6379`,
  `redis://user:${SECRET}@h:x`,
  `rediss:/user:${SECRET}@h`,
  `oss://media?region=cn-hangzhou&Signature=${SECRET}`,
  `oss://media?${SECRET}`,
  `oss://media?region=${SECRET}@x`,
  `oss://media?network=u:${SECRET}@x`,
  `oss://media?endpoint=https://u:${SECRET}@h&region=cn-hangzhou`,
  `s3://media?region=x&style=Signature=${SECRET}`,
  `s3://media?endpoint=u:${SECRET}@h`,
  `<CORSConfiguration><CORSRule><ID>${SECRET}</ID></CORSRule></CORSConfiguration>`,
  `{"CORSRules":[{"ID":"${SECRET}"}]}`,
  `[{"ID":"${SECRET}"}]`,
  `LTAI5t${SECRET}abcdef`,
  `AKIAIOSF${SECRET}:secret`,
  `file:https://u:${SECRET}@h/token`,
  `Bearer ${SECRET}`,
  `eyJhbGciOiJI.${SECRET}.x`,
];

/** The value, and as it comes out of an env file. */
const spellings = (value: string) => [value, `"${value}"`, ` ${value}`, `${value}\r`, `${value}\n`];

const messagesOf = (given: GivenOptions): string => {
  const read = readConfig(given);
  return read.ok ? '' : JSON.stringify(read.faults);
};

describe.each(OPTION_NAMES)('no message about the option %s shows', (name) => {
  const place = optionOf(name).variable;
  test.each(VALUES)('the secret in %s', (value) => {
    for (const text of spellings(value)) {
      expect(messagesOf({ [name]: { place, text } })).not.toContain(SECRET);
      // Beside a socket, an address and a port are faults of their own.
      const beside = { socket: { place: 'SOCKET', text: 'e.sock' }, [name]: { place, text } };
      expect(messagesOf(beside)).not.toContain(SECRET);
    }
  });
});

/** Paths stand in start faults, which `readConfig` does not make. */
test.each(OPTION_NAMES.filter((name) => /^(?:config|stateDir|tls|socket|bucket$)/.test(name)))(
  'the option %s refuses a path that is a URL or signed',
  (name) => {
    for (const text of VALUES.filter((value) => /^[a-z]+:\/\/|Signature=/.test(value)))
      expect(readConfig({ [name]: { place: name, text } })).toMatchObject({ ok: false });
  },
);

test.each(VALUES)('no message about a configuration file shows the secret in %s', (value) => {
  for (const text of spellings(value)) {
    const files = [
      { [text]: 1, buckets: { media: { bucket: './b', [text]: 1 } } },
      { buckets: { [text]: { bucket: text, hosts: [text, text], prefix: text } } },
      { buckets: { [text]: null } },
      { buckets: { a: { bucket: './b' }, [text]: { bucket: './b' } } },
    ];
    for (const file of files) {
      const read = readConfigFile(JSON.stringify(file), 'edge.json');
      expect(read.ok ? [] : JSON.stringify(read.faults)).not.toContain(SECRET);
    }
  }
});

test.each(VALUES)('no warning about variables shows the secret in %s', (value) => {
  expect(variableWarnings({ BUCKET_CORS_PROT: value, PORT: value }).join()).not.toContain(SECRET);
});

describe('a text is shown in messages', () => {
  test.each([
    ['./cors.xml', './cors.xml'],
    ['https://b.example/x?a=b', 'https://b.example/x?…'],
    ['[::1]', '[::1]'],
    ['cn-hangzhou', 'cn-hangzhou'],
    ['https://b.example/#top', 'https://b.example/#top'],
    ['monkey=1', 'monkey=1'],
  ])('%s as %s', (text, shown) => {
    expect(withoutSecrets(text)).toBe(shown);
  });
});
