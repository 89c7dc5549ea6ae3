import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readForm } from '../../../src/node/directory/form/parse.ts';
import { until } from '../../helpers/until.ts';

const BOUNDARY = 'x--boundary';
const HEADERS = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };

type Fields = readonly (readonly [name: string, value: string])[];

const part = (name: string, rest: string, content: Buffer | string): Buffer =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${rest}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);

const bodyOf = (fields: Fields, file: Buffer | string, after: Fields = []): Buffer =>
  Buffer.concat([
    ...fields.map(([name, value]) => part(name, '', value)),
    part('file', '; filename="a ü.txt"\r\nContent-Type: text/plain', file),
    ...after.map(([name, value]) => part(name, '', value)),
    Buffer.from(`--${BOUNDARY}--\r\n`),
  ]);

/** Parses a body that comes in these pieces. Returns the fields and the file, or the code of the refusal. */
async function parse(
  pieces: Iterable<Buffer> | AsyncIterable<Buffer>,
  headers: Record<string, string> = HEADERS,
) {
  try {
    const form = await readForm(
      headers,
      (async function* () {
        yield* pieces;
      })(),
    );
    const chunks: Buffer[] = [];
    for await (const chunk of form.file) chunks.push(chunk);
    await form.end;
    return { fields: [...form.fields], name: form.fileName, file: Buffer.concat(chunks) };
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

/** Lines that look like a boundary, and others. */
const nasty = fc
  .array(
    fc.constantFrom(
      '\r',
      '\n',
      '\r\n',
      '--',
      `--${BOUNDARY.slice(0, 5)}`,
      `\r\n--${BOUNDARY.slice(0, -1)}`,
      'é',
      'ab',
      '\0',
    ),
  )
  .map((pieces) => pieces.join(''));

const cutAt = (body: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = [...new Set(cuts.map((cut) => cut % body.length))].sort((one, other) => one - other);
  return [0, ...places].map((from, at) => body.subarray(from, places[at] ?? body.length));
};

const FIELDS = [
  ['Key', 'dir/é&'],
  ['policy', 'e30='],
] as const;
const READ = [
  ['key', 'dir/é&'],
  ['policy', 'e30='],
];

describe('a form', () => {
  const whole = bodyOf(FIELDS, '\r\n--x--boundar\r\ncontent', [['late', 'ignored']]);
  const expected = { fields: READ, name: 'a ü.txt', file: Buffer.from('\r\n--x--boundar\r\ncontent') };

  test('is read alike wherever its body is cut', async () => {
    for (let at = 1; at < whole.length; at += 1)
      expect(await parse([whole.subarray(0, at), whole.subarray(at)]), String(at)).toEqual(expected);
    expect(await parse([...whole].map((byte) => Buffer.of(byte)))).toEqual(expected);
  });

  test('is read with any content in any pieces', () =>
    fc.assert(
      fc.asyncProperty(nasty, nasty, fc.array(fc.nat(), { maxLength: 6 }), async (field, file, cuts) => {
        const read = await parse(cutAt(bodyOf([['a', field]], file), cuts));
        expect(read).toEqual({ fields: [['a', field]], name: 'a ü.txt', file: Buffer.from(file) });
      }),
      { numRuns: 300 },
    ));

  test('is refused wherever it ends too early', async () => {
    const end = whole.length - '--\r\n'.length;
    for (let at = 0; at <= end; at += 1)
      expect(await parse([whole.subarray(0, at)]), String(at)).toBe('MalformedPOSTRequest');
  });

  test('without a file is refused', async () => {
    const body = Buffer.concat([part('key', '', 'a'), Buffer.from(`--${BOUNDARY}--\r\n`)]);
    expect(await parse([body])).toBe('IncorrectNumberOfFilesInPOSTRequest');
  });

  test.each([
    ['a long field', [['policy', 'x'.repeat(21 * 1024)]]],
    ['long fields', Array.from({ length: 20 }, (_, at) => [`f${at}`, 'x'.repeat(4000)])],
    ['many fields', Array.from({ length: 101 }, (_, at) => [`f${at}`, ''])],
  ] as [string, Fields][])('with %s before its file is refused', async (_, fields) =>
    expect(await parse([bodyOf(fields, 'x')])).toBe('FieldItemTooLong'),
  );

  const endless = (start: Buffer, more: string) =>
    parse(
      (async function* () {
        yield start;
        for (let sent = 0; sent < 40; sent += 1) {
          // As bytes arrive from a connection.
          await setImmediate();
          yield Buffer.from(more.padEnd(32 * 1024, more));
        }
      })(),
    );
  const NOTHING = Buffer.alloc(0);
  test.each([
    ['nothing that it knows', NOTHING, 'x'],
    ['a field', Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\n`), 'x'],
    ['parts without a name', NOTHING, `--${BOUNDARY}\r\nX: y\r\n\r\nz\r\n`],
    ['files after its file', bodyOf([], 'x').subarray(0, -4), `\r\n--${BOUNDARY}\r\nA: b\r\n\r\n`],
    ['bytes after its end', bodyOf([], 'x'), 'x'],
  ])('with endless %s is refused', async (_, start, more) =>
    expect(await endless(start, more)).toBe('FieldItemTooLong'),
  );

  test('with a head of a part that never ends is refused', async () => {
    const body = Buffer.concat([Buffer.from(`--${BOUNDARY}\r\nA: ${'x'.repeat(100_000)}`)]);
    expect(await parse([body])).toBe('MalformedPOSTRequest');
  });

  test.each(['multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; boundary=other'])(
    'of type %s is refused',
    async (type) => expect(await parse([whole], { 'content-type': type })).toBe('MalformedPOSTRequest'),
  );

  test('that is stopped discards the rest of its body', async () => {
    let asked = 0;
    const form = await readForm(
      HEADERS,
      (async function* () {
        yield part('file', '; filename="a"', '').subarray(0, -2);
        for (; asked < 1000; asked += 1) yield Buffer.alloc(64 * 1024);
      })(),
    );
    form.stop();
    await until('the body is read', () => asked === 1000);
  });

  test('waits for the one who reads its file', async () => {
    let asked = 0;
    const form = await readForm(
      HEADERS,
      (async function* () {
        yield part('file', '; filename="a"', '').subarray(0, -2);
        for (; asked < 1000; asked += 1) yield Buffer.alloc(64 * 1024);
        yield Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
      })(),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toBeLessThan(10);
    let size = 0;
    for await (const chunk of form.file) size += chunk.length;
    await form.end;
    expect([asked, size]).toEqual([1000, 1000 * 64 * 1024]);
  });
});
