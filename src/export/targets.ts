import type { CompiledRules } from '../cors/compile.ts';
import { alibabaCdn } from './alibaba-cdn/alibaba-cdn.ts';
import { alibabaEsa } from './alibaba-esa/alibaba-esa.ts';
import { apache } from './apache/apache.ts';
import { caddy } from './caddy/caddy.ts';
import { cloudflare } from './cloudflare/cloudflare.ts';
import { cloudfront } from './cloudfront/cloudfront.ts';
import { gatewayApi } from './gateway-api/gateway-api.ts';
import { haproxy } from './haproxy/haproxy.ts';
import { lossesOf } from './losses.ts';
import { nginx } from './nginx/nginx.ts';
import type { Compiled, ExportOptions, Target } from './target.ts';
import { varnish } from './varnish/varnish.ts';

/** Every target, in the order of `bucket-cors export --help`. */
export const TARGETS: readonly Target[] = [
  alibabaCdn,
  alibabaEsa,
  cloudfront,
  cloudflare,
  nginx,
  haproxy,
  varnish,
  caddy,
  apache,
  gatewayApi,
];

/** Writes a target's configuration, and says what a narrower one loses. Rules whose Vary is the store's own are refused: a cache in front would mix answers. */
export function compileFor(target: Target, rules: CompiledRules, options: ExportOptions): Compiled {
  if (rules.behaviour.vary === 'safe') {
    const compiled = target.compile(rules, options);
    if (!compiled.ok || compiled.lost.length === 0) return compiled;
    return { ...compiled, lost: lossesOf(rules, compiled.enforced, compiled.lost) };
  }
  const what = 'The rules are used with `--vary store`, whose Vary lets a shared cache mix answers.';
  const nearest = 'The same rules with `--vary safe`.';
  return { ok: false, refused: [{ rules: [], origins: [], methods: [], what, nearest }] };
}
