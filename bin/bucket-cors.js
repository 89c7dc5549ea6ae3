#!/usr/bin/env node
import './check-node.js';
import './threads.js';
import { existsSync } from 'node:fs';

// A checkout runs its sources as they are; the published package contains only the build.
const source = new URL('../src/cli/main.ts', import.meta.url);
const { main } = await import(
  existsSync(source) ? source.href : new URL('../dist/program/main.js', import.meta.url).href
);
await main(process.argv.slice(2), process.env);
