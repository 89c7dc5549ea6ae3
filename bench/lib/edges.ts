import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RuleSet, toXml } from '../../src/index.ts';
import type { Cores } from './machine.ts';
import { ruleSetOf } from './rules.ts';
import { type Server, startServer } from './servers.ts';

/** This checkout. */
const HERE = fileURLToPath(new URL('../..', import.meta.url));

/** The paths of the rules files for edges. */
export interface RulesFiles {
  /** Ten rules, whose last one lists the origin of the requests. */
  readonly usual: string;
  /** One rule with a pattern only, so that each origin gets a different answer. */
  readonly pattern: string;
}

export function writeRules(folder: string): RulesFiles {
  const write = (name: string, ruleSet: RuleSet): string => {
    const file = join(folder, name);
    writeFileSync(file, toXml(ruleSet));
    return file;
  };
  const pattern = ruleSetOf('app', 1).rules.map((rule) => ({
    ...rule,
    allowedOrigins: ['https://*.example.com'],
  }));
  return {
    usual: write('usual.xml', ruleSetOf('app', 10)),
    pattern: write('pattern.xml', { rules: pattern, responseVary: false }),
  };
}

/** How an edge is started differently. */
export interface Start {
  readonly checkout?: string;
  /** More options of the command `serve`. */
  readonly more?: readonly string[];
  /** Options of Node. */
  readonly node?: readonly string[];
}

/** Starts the edge of a checkout by its command line. `rules` is a file, or `bucket`. */
export function startEdge(
  bucket: string,
  rules: string,
  cores: Cores,
  { checkout = HERE, more = [], node = [] }: Start = {},
): Promise<Server> {
  const args = ['serve', '--bucket', bucket, '--rules', rules, '--log-level', 'warn'];
  const ports = ['--port', '0', '--admin-port', '0'];
  return startServer(
    [process.execPath, ...node, join(checkout, 'bin/bucket-cors.js'), ...args, ...ports, ...more],
    cores,
  );
}
