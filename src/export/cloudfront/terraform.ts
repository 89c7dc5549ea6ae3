import type { ErrorPolicy } from './error-policy.ts';
import { EVENTS, NO_PREFLIGHT, REMOVED, TTL } from './policies.ts';

/** A string of HCL: JSON's escapes are its own, and `${` and `%{` begin templates. */
const text = (value: string): string => JSON.stringify(value).replace(/([$%])\{/g, '$1$1{');

const list = (items: readonly string[]): string => `[${items.map(text).join(', ')}]`;

/** Lines between two marks: without escapes but for the beginnings of templates. No line of a function is the mark. */
const heredoc = (value: string): string => `<<CODE\n${value.replace(/([$%])\{/g, '$1$1{')}CODE`;

/** The resources of the Terraform provider `hashicorp/aws`. `code` is the function's text. */
export const terraformText = (name: string, comment: string, code: string, errors: ErrorPolicy): string => `
resource "aws_cloudfront_function" "${name}" {
  name    = "${name}"
  comment = ${text(comment)}
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = ${heredoc(code)}
}

# Answers of 400 and more, which the function never sees.
resource "aws_cloudfront_response_headers_policy" "${name}" {
  name    = "${name}"
  comment = ${text(comment)}
${corsConfig(errors)}
  remove_headers_config {
${REMOVED.map((header) => `    items {\n      header = "${header}"\n    }\n`).join('')}  }
}

# No headers in the cache's key: one copy for all origins, and the bucket gets no Origin.
resource "aws_cloudfront_cache_policy" "${name}" {
  name        = "${name}"
  comment     = ${text(comment)}
  min_ttl     = ${TTL.min}
  default_ttl = ${TTL.default}
  max_ttl     = ${TTL.max}

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_gzip   = true
    enable_accept_encoding_brotli = true

    headers_config {
      header_behavior = "none"
    }
    cookies_config {
      cookie_behavior = "none"
    }
    query_strings_config {
      query_string_behavior = "all"
    }
  }
}

# In the cache behaviour of the aws_cloudfront_distribution:
#
#   allowed_methods            = ${list([...errors.methods, 'OPTIONS'])}
#   cached_methods             = ["GET", "HEAD"]
#   cache_policy_id            = aws_cloudfront_cache_policy.${name}.id
#   response_headers_policy_id = aws_cloudfront_response_headers_policy.${name}.id
${EVENTS.map(
  (event) => `#
#   function_association {
#     event_type   = "${event}"
#     function_arn = aws_cloudfront_function.${name}.arn
#   }
`,
).join('')}`;

const corsConfig = ({ origins, exposeHeaders, credentials }: ErrorPolicy): string =>
  origins.length === 0
    ? ''
    : `
  cors_config {
    access_control_allow_credentials = ${credentials}
    origin_override                  = true

    access_control_allow_origins {
      items = ${list(origins)}
    }
    access_control_allow_methods {
      items = ${list(NO_PREFLIGHT.methods)}
    }
    access_control_allow_headers {
      items = ${list(NO_PREFLIGHT.headers)}
    }
${exposeHeaders.length === 0 ? '' : `    access_control_expose_headers {\n      items = ${list(exposeHeaders)}\n    }\n`}  }
`;
