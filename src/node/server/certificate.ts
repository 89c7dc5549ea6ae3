import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls';
import type { Logger } from 'pino';
import { readTextFile } from '../files/text-file.ts';
import { watchFile } from '../files/watch.ts';
import { startFault } from '../start-fault.ts';

/** A certificate with its key, as files that may change. */
export interface Certificate {
  /** The pair as it was at first. */
  readonly context: SecureContextOptions;
  /** Gives a server each new pair; connections that stand go on with theirs. */
  follow(server: Pick<Server, 'setSecureContext'>): { close(): void };
}

export interface CertificateFiles {
  /** PEM: the certificate, and after it those that lead to one that clients know. */
  readonly cert: string;
  /** PEM, without a passphrase. */
  readonly key: string;
}

/** Milliseconds without a change after which both files are taken to be written. */
const SETTLED = 200;

/** A longer file is neither a certificate with its chain nor a key. */
const MAX_BYTES = 1_048_576;

/** Reads a certificate. Rejects with a start fault where it and its key can't be used together. */
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

  async function reload(server: Pick<Server, 'setSecureContext'>): Promise<void> {
    const read = await readPair(files);
    if ('fault' in read) {
      log.error({ certificate: files.cert, fault: read.fault }, 'certificate refused, the old one stays');
      return;
    }
    const { cert, key } = known.context;
    if (read.context.cert === cert && read.context.key === key) return;
    known = read;
    server.setSecureContext(read.context);
    log.info({ certificate: files.cert, validTo: read.leaf.validTo }, 'certificate loaded anew');
    warnOfAge(read.leaf);
  }

  return {
    context: first.context,
    follow: (server) => {
      let timer: NodeJS.Timeout | undefined;
      // Two files are rarely changed in one moment, and a half of each fits nobody.
      const changed = (): void => {
        clearTimeout(timer);
        timer = setTimeout(() => void reload(server), SETTLED).unref();
      };
      const watched = [watchFile(files.cert, changed), watchFile(files.key, changed)];
      // What changed between the reading and the watching.
      changed();
      return {
        close: () => {
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
    return { fault: `--tls-cert ${certFile} holds no certificate: write the path of one in PEM` };
  }
  const secret = attempt(() => createPrivateKey(key));
  if (secret === null) {
    return {
      fault: `--tls-key ${keyFile} holds no private key that can be read: write the path of one in PEM, without a passphrase`,
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

/** What OpenSSL refuses though certificate and key belong together: its security level 2 asks for 112 bits. */
const REFUSALS: Readonly<Record<string, string>> = {
  EE_KEY_TOO_SMALL: 'its key is too short; write one of 2048 bits or more for RSA, or of P-256',
  CA_KEY_TOO_SMALL: 'the key of a CA in its chain is too short; write a chain with 2048 bits or more for RSA',
  CA_MD_TOO_WEAK: 'a signature in its chain is made with SHA-1 or MD5; write a chain with SHA-256',
};

/** OpenSSL's word for why it takes no connection with a certificate and key; null where it does. */
function refusalOf(context: SecureContextOptions): string | null {
  try {
    createSecureContext(context);
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return code.replace(/^ERR_(?:SSL|OSSL)_/, '');
  }
}

/** OpenSSL's own words help nobody, and may quote what they are about. */
function attempt<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}
