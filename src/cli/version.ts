import { readFileSync } from 'node:fs';
import { inPackage } from '../node/package.ts';

const { version } = JSON.parse(readFileSync(inPackage('package.json'), 'utf8'));

export const VERSION = String(version);
