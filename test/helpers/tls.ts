import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openCertificate } from '../../src/node/server/certificate.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));

/** A self-signed certificate for `localhost` and 127.0.0.1. */
export const FILES = { cert: fixture('cert.pem'), key: fixture('key.pem') };
export const CA = readFileSync(FILES.cert, 'utf8');

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

const opened = await openCertificate(FILES, SILENT);

export const certificate = () => opened;
