import type { Target } from './target.ts';

/** What help says of a target, without its compiler. */
export type TargetDescription = Pick<Target, 'name' | 'about' | 'formats' | 'audited'>;

/** By name, in the order of `bucket-cors export --help`. Commands that export nothing load no compiler. */
export const DESCRIPTIONS = {
  'alibaba-cdn': {
    name: 'alibaba-cdn',
    about: 'Alibaba Cloud CDN: the bodies of BatchSetCdnDomainConfig, or Terraform.',
    formats: ['config', 'terraform'],
    audited: 'What `aliyun cdn DescribeCdnDomainConfigs` answers for a domain, or an exported file.',
  },
  'alibaba-esa': {
    name: 'alibaba-esa',
    about: 'Alibaba Cloud ESA: response-header rules where they suffice, else a function.',
    formats: ['config'],
    audited: 'What ListHttpResponseHeaderModificationRules answers for a site, or an exported file.',
  },
  cloudfront: {
    name: 'cloudfront',
    about: 'Amazon CloudFront: a function and a response headers policy, for the CLI or Terraform.',
    formats: ['config', 'terraform'],
    audited:
      'The exported function or Terraform, or what `aws cloudfront get-response-headers-policy` prints of a policy that no export wrote.',
  },
  cloudflare: {
    name: 'cloudflare',
    about: 'Cloudflare: a Snippet or Worker without bindings.',
    formats: ['config'],
  },
  nginx: {
    name: 'nginx',
    about: 'nginx: maps and one include, without modules.',
    formats: ['config'],
  },
  haproxy: {
    name: 'haproxy',
    about: 'HAProxy 2.6 and later: a backend with the rules and the bucket as its server.',
    formats: ['config'],
  },
  varnish: {
    name: 'varnish',
    about: 'Varnish: subroutines that a VCL file includes.',
    formats: ['config'],
  },
  caddy: {
    name: 'caddy',
    about: 'Caddy 2.6 and later: a snippet that a site imports.',
    formats: ['config'],
  },
  apache: {
    name: 'apache',
    about: 'Apache httpd 2.4.48 and later: directives for a virtual host.',
    formats: ['config'],
  },
  'gateway-api': {
    name: 'gateway-api',
    about: 'Kubernetes Gateway API: an HTTPRoute with the CORS filter.',
    formats: ['config'],
    audited: 'An HTTPRoute as `kubectl get httproute NAME -o json` prints it, or the exported file.',
  },
} as const satisfies Readonly<Record<string, TargetDescription>>;
