import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Fault, Result } from '../document/fault.ts';
import { MAX_DOCUMENT_BYTES } from '../document/read.ts';

/** A document of the largest size, with its characters escaped as JSON. */
const MAX_BODY = 2 * MAX_DOCUMENT_BYTES;

const TOO_LARGE: Fault = {
  place: 'body',
  reason: `has more than ${MAX_BODY} bytes`,
  write: 'a shorter one: a command without its data, rules with fewer or shorter entries',
};

/** Answers 413 to a body that is too large. */
export const limitBody = bodyLimit({
  maxSize: MAX_BODY,
  onError: (c) => c.json({ faults: [TOO_LARGE] }, 413),
});

/** Reads a body as JSON. */
export async function readJson({ req }: Context): Promise<Result<unknown>> {
  try {
    return { ok: true, value: JSON.parse(await req.text()) };
  } catch {
    return { ok: false, faults: [{ place: 'body', reason: 'is not JSON', write: 'JSON in UTF-8' }] };
  }
}
