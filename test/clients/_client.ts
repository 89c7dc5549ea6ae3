/** What a test asks of a client. */

/** The keys that clients sign with. */
export interface Keys {
  readonly accessKey: string;
  readonly secretKey: string;
  /** Of a temporary key. */
  readonly token?: string;
}

/** A bucket as a client finds it. */
export interface Entry {
  /** The edge, or the store itself. */
  readonly url: string;
  /** The bucket's name, which is also the first segment of its paths. */
  readonly bucket: string;
}

export interface Form {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The objects of a bucket, as a client's own calls reach them. */
export interface ObjectClient {
  put(key: string, content: Buffer): Promise<unknown>;
  get(key: string): Promise<Buffer>;
  head(key: string): Promise<{ readonly size: number; readonly etag: string }>;
  /** Both positions are part of the range. */
  range(key: string, first: number, last: number): Promise<Buffer>;
  /** Uploads in parts and returns the ETag that the client gets for the whole. */
  multipart(key: string, content: Buffer): Promise<string>;
  urlToPut(key: string): Promise<string>;
  urlToGet(key: string): Promise<string>;
  form(key: string): Promise<Form>;
  copy(from: string, to: string): Promise<unknown>;
  list(prefix: string): Promise<readonly string[]>;
  remove(keys: readonly string[]): Promise<unknown>;
}

export type Operation = keyof ObjectClient;

export interface ClientKind {
  readonly name: string;
  /** Calls that the client does not have, each with the reason. */
  readonly lacks?: Readonly<Partial<Record<Operation, string>>>;
  /** What it makes of a refused HEAD, whose answer has no body and so no code. */
  readonly refusedHead: string;
  /** Null: requests are not signed. */
  open(entry: Entry, keys: Keys | null): ObjectClient;
}

/** The code of a refusal by the store or the edge, as this client's errors carry it. */
export function codeOf(error: unknown): string {
  const { code, name, Code } = error as Record<string, unknown>;
  const found = [Code, code, name].find((text) => typeof text === 'string' && text !== 'Error');
  return String(found ?? error);
}
