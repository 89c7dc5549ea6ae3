import type { CompiledRules } from '../../cors/compile.ts';
import { bannerOf } from '../banner.ts';
import { DESCRIPTIONS } from '../descriptions.ts';
import { readExported } from '../exported.ts';
import { fetchHandlerText } from '../program/fetch-handler.ts';
import { programOf } from '../program/program.ts';
import type { Compiled, ExportOptions, Note, Target } from '../target.ts';

/** Bytes of a Snippet. A Worker may have more (https://developers.cloudflare.com/rules/snippets/#limits). */
export const SNIPPET_LIMIT = 32 * 1024;

export const cloudflare: Target = {
  ...DESCRIPTIONS.cloudflare,
  compile,
  read: (text) => readExported(cloudflare, text),
};

function compile(rules: CompiledRules, options: ExportOptions): Compiled {
  const use = USES[options.bucketUrl === null ? 'before' : 'as'];
  const banner = bannerOf('cloudflare', rules, options, '//', use);
  const text = `${banner}\n${programOf(rules)}${fetchHandlerText(options.bucketUrl)}`;
  return {
    ok: true,
    files: [{ name: `${options.name}.js`, use, text }],
    grade: 'equal',
    notes: notesOn(text),
    enforced: rules,
    lost: [],
  };
}

const USES = {
  before:
    'A Snippet on the domain of the bucket, or a Worker on its route: requests go on to where they go without it.',
  as: 'A Worker on a route or a domain of its own, or a Snippet: it fetches objects from the bucket.',
} as const;

function notesOn(text: string): readonly Note[] {
  const bytes = text.length;
  if (bytes <= SNIPPET_LIMIT) return [];
  const about = `The file has ${bytes} bytes. A Snippet may have ${SNIPPET_LIMIT}: deploy it as a Worker.`;
  return [{ about }];
}
