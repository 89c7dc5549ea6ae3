import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import { refusal } from '../refusal.ts';

/** A form up to its file. */
export interface Form {
  /** The fields before the file by lower-case name; stores ignore those after it. */
  readonly fields: ReadonlyMap<string, string>;
  readonly fileName: string;
  readonly file: AsyncIterable<Buffer>;
  /** Resolves when the rest of the body has been read; rejects if it is malformed. */
  readonly end: Promise<void>;
  /** Stops parsing, wherever it is. */
  readonly stop: () => void;
}

const MAX_FIELDS = 100;
const MAX_FIELD_BYTES = 20 * 1024;
const MAX_FIELDS_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 8 * 1024;
const MAX_HEADERS = 20;
/** Bytes before and after the file, with those that the parser skips: it sets them no limit, and they need no signature. */
const MAX_OUTSIDE_BYTES = 1024 * 1024;
const FILE = 'file';

const malformed = () => refusal('MalformedPOSTRequest');

function open(headers: IncomingHttpHeaders) {
  try {
    return new Busboy({
      headers: { ...headers, 'content-type': headers['content-type'] ?? '' },
      isPartAFile: (name) => name?.toLowerCase() === FILE,
      limits: {
        fieldSize: MAX_FIELD_BYTES,
        fields: MAX_FIELDS,
        files: 1,
        headerPairs: MAX_HEADERS,
        headerSize: MAX_HEADER_BYTES,
      },
    });
  } catch {
    throw malformed();
  }
}

interface Feeding {
  /** Called with the length of each chunk before it is parsed. */
  readonly count: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Gives the body to the parser with back-pressure. After `signal` it discards the rest, so that a refusal can be read. */
async function feed(
  parser: ReturnType<typeof open>,
  body: AsyncIterable<Buffer>,
  { count, signal }: Feeding,
) {
  for await (const chunk of body) {
    if (!signal.aborted) count(chunk.length);
    if (signal.aborted || parser.write(chunk)) continue;
    await once(parser, 'drain', { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
  if (!signal.aborted) parser.end();
}

/** The content of the file; `failure` returns why the form has failed. */
async function* contentOf(file: Readable, failure: () => unknown): AsyncGenerator<Buffer> {
  try {
    yield* file;
  } catch (error) {
    throw failure() ?? error;
  }
}

/**
 * Reads a multipart/form-data body up to its field `file`, whose content is then streamed. Rejects with a refusal for a
 * body that is malformed, without a file, or with too much before it.
 */
export function readForm(headers: IncomingHttpHeaders, body: AsyncIterable<Buffer>): Promise<Form> {
  const parser = open(headers);
  const stopping = new AbortController();
  const fields = new Map<string, string>();
  const end = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<Form>();
  let file: Readable | undefined;
  let isInFile = false;
  let size = 0;
  let outside = 0;
  let failure: unknown;

  const fail = (error: unknown) => {
    failure ??= error;
    stopping.abort();
    opened.reject(error);
    end.reject(error);
    file?.destroy(malformed());
  };
  const count = (bytes: number) => {
    if (isInFile) return;
    outside += bytes;
    if (outside > MAX_OUTSIDE_BYTES) fail(refusal('FieldItemTooLong'));
  };
  // The one who waits for the form reports the failure.
  end.promise.catch(() => undefined);

  parser.on('field', (name, value, _, isCut) => {
    size += name.length + value.length;
    if (isCut || size > MAX_FIELDS_BYTES) fail(refusal('FieldItemTooLong'));
    else if (file === undefined) fields.set(name.toLowerCase(), value);
  });
  parser.on('fieldsLimit', () => fail(refusal('FieldItemTooLong')));
  parser.on('file', (_, stream, fileName) => {
    file = stream;
    isInFile = true;
    stream.on('end', () => {
      isInFile = false;
    });
    stream.on('error', () => fail(malformed()));
    const stop = () => {
      stopping.abort();
      stream.destroy();
    };
    opened.resolve({
      fields,
      fileName: fileName ?? '',
      file: contentOf(stream, () => failure),
      end: end.promise,
      stop,
    });
  });
  parser.on('error', () => fail(malformed()));
  parser.on('finish', () => {
    end.resolve();
    opened.reject(refusal('IncorrectNumberOfFilesInPOSTRequest'));
  });
  feed(parser, body, { count, signal: stopping.signal }).catch((error: unknown) => {
    if (!stopping.signal.aborted) fail(error);
  });
  return opened.promise;
}
