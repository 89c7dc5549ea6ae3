import { describe, expect, test } from 'vitest';
import { asRefusal, errorXml, refusal } from '../../../src/node/directory/refusal.ts';

describe('the error document', () => {
  test('has the shape OSS gives it', () => {
    expect(errorXml(refusal('NoSuchKey'), '5C3D9175B6FC201293AD4890', 'b.example.com')).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n' +
        '  <Code>NoSuchKey</Code>\n  <Message>The specified key does not exist.</Message>\n' +
        '  <RequestId>5C3D9175B6FC201293AD4890</RequestId>\n  <HostId>b.example.com</HostId>\n</Error>\n',
    );
  });

  test.each([
    ['markup', `<a b="c">&'`, '&lt;a b=&quot;c&quot;&gt;&amp;&apos;'],
    ['what XML can not hold', 'a\0b\u001bc\ud800d\uffff', 'a\ufffdb\ufffdc\ufffdd\ufffd'],
    ['what it can', 'a\tb\u{1f600}', 'a\tb\u{1f600}'],
  ])('escapes %s in the message and in the host', (_, given, written) => {
    const xml = errorXml(refusal('MalformedXML', given), 'ID', given);
    expect(xml).toContain(`<Message>${written}</Message>`);
    expect(xml).toContain(`<HostId>${written}</HostId>`);
  });
});

describe('what was thrown becomes a refusal', () => {
  test.each([
    ['a refusal is itself', refusal('InvalidDigest'), 'InvalidDigest', 'Content-MD5'],
    [
      'a system error tells its code and not its path',
      Object.assign(new Error("ENOSPC: write '/secret'"), { code: 'ENOSPC' }),
      'InternalError',
      'ENOSPC',
    ],
    ['anything else is internal', 'a word', 'InternalError', 'could not'],
  ])('%s', (_, thrown, code, message) => {
    const refused = asRefusal(thrown);
    expect(refused).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(refused.message).not.toContain('/secret');
  });
});
