import { audit } from './audit.ts';
import { check } from './check.ts';
import type { Command } from './command.ts';
import { completionOf } from './completion.ts';
import { convert } from './convert.ts';
import { demo } from './demo.ts';
import { diff } from './diff.ts';
import { doctor } from './doctor.ts';
import { explain } from './explain.ts';
import { exportRules } from './export.ts';
import { helpOf } from './help.ts';
import { rules } from './rules.ts';
import { serve } from './serve.ts';

/** Every command, in the order of `bucket-cors --help`. */
export const COMMANDS: readonly Command[] = [
  serve,
  demo,
  check,
  diff,
  explain,
  doctor,
  convert,
  exportRules,
  audit,
  rules,
  completionOf(() => COMMANDS),
  helpOf(() => COMMANDS),
];
