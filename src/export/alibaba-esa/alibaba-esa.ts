import type { CompiledRules } from '../../cors/compile.ts';
import { preflightCommand } from '../ask.ts';
import { bannerOf, readBanner } from '../banner.ts';
import { DESCRIPTIONS } from '../descriptions.ts';
import { readExported } from '../exported.ts';
import { planOf } from '../plan.ts';
import { fetchHandlerText } from '../program/fetch-handler.ts';
import { programOf } from '../program/program.ts';
import type { Compiled, ExportOptions, Note, Target } from '../target.ts';
import { readSite } from './read.ts';
import { type HeaderRule, headerRules } from './rules.ts';

/** Header rules cost nothing per request; a function answers preflights itself and can say all rules. */
export const alibabaEsa: Target = {
  ...DESCRIPTIONS['alibaba-esa'],
  compile(rules, options) {
    const found = headerRules(planOf(rules), options.name);
    return found === null ? functionFor(rules, options) : rulesFor(rules, found, options.name);
  },
  read: (text) => (readBanner(text) === null ? readSite(text) : readExported(alibabaEsa, text)),
};

function rulesFor(rules: CompiledRules, found: readonly HeaderRule[], name: string): Compiled {
  const use =
    'Rules for outgoing response headers: each is one call of CreateHttpResponseHeaderModificationRule.';
  const text = `[\n${found.map((rule) => `  ${JSON.stringify(rule)}`).join(',\n')}\n]\n`;
  return {
    ok: true,
    files: [{ name: `${name}.json`, use, text }],
    grade: 'same verdict',
    notes: [preflightNote(rules), OWN_VARY],
    unprovable: true,
    enforced: rules,
    lost: [],
  };
}

/** With a header that the bucket refuses, unless a rule allows every header. */
const refusedPreflight = (rules: CompiledRules): string => preflightCommand(rules, ['x-unknown']);

const preflightNote = (rules: CompiledRules): Note => ({
  about:
    'Alibaba Cloud documents nowhere how a node answers OPTIONS. These rules leave it alone, so that the bucket decides: a request header that no rule allows, here x-unknown, gets 403 with the bucket\'s message "CORSResponse" (doctor: preflight_refused_by_rules). If the node answers by itself, browsers refuse each request that needs a preflight.',
  command: refusedPreflight(rules),
});

const OWN_VARY: Note = {
  about:
    'The grade is "same verdict": the bucket\'s own Vary stays as it is, also where it names Origin, which only makes caches store more copies.',
};

/** `redirect` and `decompress`: https://www.alibabacloud.com/help/en/edge-security-acceleration/esa/user-guide/fetch-1 */
const FETCH_INIT = "{ decompress: 'manual' }";

function functionFor(rules: CompiledRules, options: ExportOptions): Compiled {
  const use = options.bucketUrl === null ? USES.route : USES.domain;
  const banner = bannerOf('alibaba-esa', rules, options, '//', use);
  const text = `${banner}\n${programOf(rules)}${fetchHandlerText(options.bucketUrl, FETCH_INIT)}`;
  return {
    ok: true,
    files: [{ name: `${options.name}.js`, use, text }],
    grade: 'equal',
    notes: [runtimeNote(rules)],
    enforced: rules,
    lost: [],
  };
}

/** A function by route reaches the site's origin; one by domain is the origin (https://github.com/aliyun/alibabacloud-esa-cli). */
const USES = {
  route:
    'The entry of a function of ESA (Functions and Pages), with a route on the site: requests go on to the site and its cache.',
  domain:
    'The entry of a function of ESA (Functions and Pages), with a domain of its own: it fetches objects from the bucket.',
} as const;

const runtimeNote = (rules: CompiledRules): Note => ({
  about:
    'The function is proved in workerd, which has the same API as ESA\'s own runtime. Ask once after the deployment: 403 with "CORSResponse" comes from the function.',
  command: refusedPreflight(rules),
});
