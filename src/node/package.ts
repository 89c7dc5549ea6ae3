import { fileURLToPath } from 'node:url';

// This file lies two folders below the package's root as source, as built, and as a part of `dist/program/`
// (scripts/bundle.ts).

/** The address of a file or a folder that the package contains as it is, by its path from the package's root. */
export const inPackage = (path: string): URL => new URL(`../../${path}`, import.meta.url);

/** The file of a module that runs as a process of its own, by its path from this folder without its ending. */
export const programOf = (path: string): string =>
  fileURLToPath(new URL(`./${path}${/\.\w+$/.exec(import.meta.url)?.[0] ?? ''}`, import.meta.url));
