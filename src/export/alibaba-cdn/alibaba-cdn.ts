import type { CompiledRules } from '../../cors/compile.ts';
import { readBanner } from '../banner.ts';
import { DESCRIPTIONS } from '../descriptions.ts';
import { readExported } from '../exported.ts';
import type { Compiled, ExportOptions, Inexpressible, Target } from '../target.ts';
import { configOf, narrowerConfig } from './config.ts';
import type { CdnConfig } from './functions.ts';
import { notesOf } from './notes.ts';
import { readDomain } from './read.ts';
import { functionsFile, terraformFile } from './text.ts';

/**
 * Alibaba Cloud CDN writes response headers after its cache. It can compare the method and the origin with conditions, and
 * the origin with a list.
 */
export const alibabaCdn: Target = {
  ...DESCRIPTIONS['alibaba-cdn'],
  compile(rules, options) {
    const configured = configOf(rules, options.name);
    if (configured.ok) return written(rules, rules, configured.config, options, []);
    const { refused } = configured;
    const narrower = options.allowNarrower ? narrowerConfig(rules, options.name) : null;
    return narrower === null
      ? { ok: false, refused }
      : written(rules, narrower.enforced, narrower.config, options, refused);
  },
  read: (text) => (readBanner(text) === null ? readDomain(text) : readExported(alibabaCdn, text)),
};

function written(
  given: CompiledRules,
  enforced: CompiledRules,
  config: CdnConfig,
  options: ExportOptions,
  lost: readonly Inexpressible[],
): Compiled {
  const isTerraform = options.format === 'terraform';
  const file = isTerraform ? terraformFile(config, given, options) : functionsFile(config, options.name);
  return {
    ok: true,
    files: [file],
    grade: 'same verdict',
    notes: notesOf(enforced, config, isTerraform, options.name),
    enforced,
    lost,
  };
}
