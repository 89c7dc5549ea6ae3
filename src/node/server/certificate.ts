import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { SecureContextOptions, Server } from 'node:tls';
import type { Logger } from 'pino';
import { tls } from '../built-in.ts';
import { readTextFile } from '../files/text-file.ts';
import { watchFile } from '../files/watch.ts';
import { startFault } from '../start-fault.ts';

/** A certificate with its key, from files that may change. */
export interface Certificate {
  /** The pair at the start. */
  readonly context: SecureContextOptions;
  /** Gives a server each new pair; open connections continue with the old one. */
  follow(server: Pick<Server, 'setSecureContext'>): { close(): void };
}

export interface CertificateFiles {
  /** PEM: the certificate, and after it its chain up to a CA that clients trust. */
  readonly cert: string;
  /** PEM, without a passphrase. */
  readonly key: string;
}

/** Milliseconds without a change after which both files count as written. */
const SETTLED = 200;

/** A longer file is neither a certificate with its chain nor a key. */
const MAX_BYTES = 1_048_576;

/** Reads a certificate. Rejects with a start fault if it and its key cannot be used together. */
export async function openCertificate(
  files: CertificateFiles,
  log: Pick<Logger, 'info' | 'warn' | 'error'>,
): Promise<Certificate> {
  const first = await readPair(files);
  if ('fault' in first) throw startFault([first.fault]);
  warnOfAge(first.leaf);
  let known = first;

  function warnOfAge({ validTo, validToDate }: X509Certificate): void {
    if (validToDate.getTime() < Date.now())
      log.warn({ certificate: files.cert, validTo }, 'certificate expired');
  }

  async function reload(server: Pick<Server, 'setSecureContext'>, isClosed: () => boolean): Promise<void> {
    const read = await readPair(files);
    if (isClosed()) return;
    if ('fault' in read) {
      log.error({ certificate: files.cert, fault: read.fault }, 'certificate refused, the old one stays');
      return;
    }
    const { cert, key } = known.context;
    if (read.context.cert === cert && read.context.key === key) return;
    known = read;
    server.setSecureContext(read.context);
    log.info({ certificate: files.cert, validTo: read.leaf.validTo }, 'certificate loaded again');
    warnOfAge(read.leaf);
  }

  return {
    context: first.context,
    follow: (server) => {
      let timer: NodeJS.Timeout | undefined;
      let closed = false;
      // The two files rarely change at the same moment, and an old one does not fit a new one.
      const changed = (): void => {
        clearTimeout(timer);
        timer = setTimeout(() => void reload(server, () => closed), SETTLED).unref();
      };
      const watched = [watchFile(files.cert, changed), watchFile(files.key, changed)];
      // The files may have changed after they were read and before they were watched.
      changed();
      return {
        close: () => {
          closed = true;
          clearTimeout(timer);
          for (const { close } of watched) close();
        },
      };
    },
  };
}

interface Pair {
  readonly context: SecureContextOptions;
  readonly leaf: X509Certificate;
}

async function readPair({
  cert: certFile,
  key: keyFile,
}: CertificateFiles): Promise<Pair | { readonly fault: string }> {
  const certRead = await readTextFile(certFile, { maxBytes: MAX_BYTES, pipe: true });
  if ('fault' in certRead) return { fault: `--tls-cert ${certFile} ${certRead.fault}` };
  const keyRead = await readTextFile(keyFile, { maxBytes: MAX_BYTES, pipe: true });
  if ('fault' in keyRead) return { fault: `--tls-key ${keyFile} ${keyRead.fault}` };
  const [cert, key] = [certRead.text, keyRead.text];
  const leaf = attempt(() => new X509Certificate(cert));
  if (leaf === null) {
    return { fault: `--tls-cert ${certFile} contains no certificate: write the path of one in PEM` };
  }
  const secret = attempt(() => createPrivateKey(key));
  if (secret === null) {
    return {
      fault: `--tls-key ${keyFile} contains no private key that can be read: write the path of one in PEM, without a passphrase`,
    };
  }
  const context: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2' };
  if (!leaf.checkPrivateKey(secret)) {
    return {
      fault: `--tls-key ${keyFile} is not the key of the certificate in ${certFile}: write the two that belong together`,
    };
  }
  const code = refusalOf(context);
  if (code === null) return { context, leaf };
  return {
    fault: `--tls-cert ${certFile} is refused by OpenSSL (${code}): ${REFUSALS[code] ?? 'write another one'}`,
  };
}

/** OpenSSL refuses these although certificate and key belong together: its security level 2 requires 112 bits. */
const REFUSALS: Readonly<Record<string, string>> = {
  EE_KEY_TOO_SMALL: 'its key is too short; write one of 2048 bits or more for RSA, or of P-256',
  CA_KEY_TOO_SMALL: 'the key of a CA in its chain is too short; write a chain with 2048 bits or more for RSA',
  CA_MD_TOO_WEAK: 'a signature in its chain is made with SHA-1 or MD5; write a chain with SHA-256',
};

/** OpenSSL's code for why it cannot use a certificate and key; null if it can. */
function refusalOf(context: SecureContextOptions): string | null {
  try {
    tls().createSecureContext(context);
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return code.replace(/^ERR_(?:SSL|OSSL)_/, '');
  }
}

/** Null if `make` throws. OpenSSL's own message is dropped: it may quote the key. */
function attempt<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}
