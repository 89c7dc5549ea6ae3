import type { SecureContextOptions, Server } from 'node:tls';
import type { Certificate } from '../server/certificate.ts';

/** The primary's certificate in a worker process. The primary reads the files and watches them. */
export interface CertificateReplica extends Certificate {
  /** Takes a new pair from the primary. */
  renew(context: SecureContextOptions): void;
}

export function createCertificateReplica(first: SecureContextOptions): CertificateReplica {
  let context = first;
  let server: Pick<Server, 'setSecureContext'> | null = null;
  return {
    get context() {
      return context;
    },
    renew(renewed) {
      context = renewed;
      server?.setSecureContext(renewed);
    },
    follow(following) {
      server = following;
      // A new pair may have arrived while the server was opened.
      server.setSecureContext(context);
      return {
        close: () => {
          server = null;
        },
      };
    },
  };
}
