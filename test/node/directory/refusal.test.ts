import { describe, expect, test } from 'vitest';
import { asRefusal, errorXml, refusal } from '../../../src/node/directory/refusal.ts';

describe('the error document', () => {
  test('has the form of OSS’s', () => {
    expect(errorXml(refusal('NoSuchKey'), '5C3D9175B6FC201293AD4890', 'b.example.com')).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n' +
        '  <Code>NoSuchKey</Code>\n  <Message>The specified key does not exist.</Message>\n' +
        '  <RequestId>5C3D9175B6FC201293AD4890</RequestId>\n  <HostId>b.example.com</HostId>\n</Error>\n',
    );
  });

  test.each([
    ['markup', `<a b="c">&'`, '&lt;a b=&quot;c&quot;&gt;&amp;&apos;'],
    ['characters that XML cannot represent', 'a\0b\u001bc\ud800d\uffff', 'a\ufffdb\ufffdc\ufffdd\ufffd'],
    ['a tab and an emoji', 'a\tb\u{1f600}', 'a\tb\u{1f600}'],
  ])('escapes %s in the message and in the host', (_, given, written) => {
    const xml = errorXml(refusal('MalformedXML', given), 'ID', given);
    expect(xml).toContain(`<Message>${written}</Message>`);
    expect(xml).toContain(`<HostId>${written}</HostId>`);
  });
});

describe('a thrown value as a refusal', () => {
  test.each([
    ['a refusal stays the same', refusal('InvalidDigest'), 'InvalidDigest', 'Content-MD5'],
    [
      'a system error shows its code and not its path',
      Object.assign(new Error("ENOSPC: write '/secret'"), { code: 'ENOSPC' }),
      'InternalError',
      'ENOSPC',
    ],
    ['anything else is an InternalError', 'a word', 'InternalError', 'could not'],
  ])('maps: %s', (_, thrown, code, message) => {
    const refused = asRefusal(thrown);
    expect(refused).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(refused.message).not.toContain('/secret');
  });
});
