import { causeOf } from '../bucket/cause.ts';
import type { Loaded, Source, Validators } from './source.ts';

/** A load that takes longer has failed; nobody waits longer than this for first rules. */
export const LOAD_TIMEOUT = 5_000;

/** Loads once, within `limit` milliseconds, whatever the source does. Never rejects. */
export async function loadOnce(
  source: Source,
  previous: Validators | undefined,
  limit: number,
): Promise<Loaded> {
  const late = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<Loaded>((resolve) => {
    timer = setTimeout(() => {
      late.abort();
      resolve({
        outcome: 'unknown',
        cause: `${source.name} did not answer within ${LOAD_TIMEOUT / 1000} seconds`,
        cure: 'Check that the source is reachable from here.',
      });
    }, limit);
  });
  try {
    return await Promise.race([loadSafely(source, late.signal, previous), silence]);
  } finally {
    clearTimeout(timer);
  }
}

async function loadSafely(source: Source, signal: AbortSignal, previous?: Validators): Promise<Loaded> {
  try {
    return await source.load(signal, previous);
  } catch (error) {
    return unreadable(source, error);
  }
}

function unreadable(source: Source, error: unknown): Loaded {
  const cause = causeOf(error);
  return {
    outcome: 'unknown',
    cause: `${source.name} could not be read: ${cause}`,
    cure: CERTIFICATE.test(cause)
      ? 'Look at the certificate there; for a CA of your own set NODE_EXTRA_CA_CERTS to the file of its certificate.'
      : 'Check the address, that it can be reached from here, and what it answers.',
  };
}

/** Node's codes for a certificate that it does not take. */
const CERTIFICATE = /\b(?:CERT_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+|ERR_TLS_CERT_\w+)\b/;
