import { FILE_OPTIONS } from '../src/config/file.ts';
import { ABOUT } from '../src/config/options/about.ts';
import { BUCKET_OPTIONS, type OptionName, optionOf } from '../src/config/options.ts';
import { STORE_OPTIONS } from '../src/config/store.ts';
import type { ValueSchema } from '../src/config/value-schema.ts';

const describeOption = (name: OptionName) => {
  const { default: preset, example, parse } = optionOf(name);
  return {
    ...parse.schema,
    description: ABOUT[name],
    ...(preset !== null && { default: jsonOf(preset, parse.schema) }),
    examples: [jsonOf(example, parse.schema)],
  };
};

/** The text of an option as an editor is to complete it. */
function jsonOf(text: string, { type }: ValueSchema): string | number | boolean {
  if (type.includes('boolean')) return text === 'true';
  return type.includes('integer') && /^\d+$/.test(text) ? Number(text) : text;
}

const described = (names: readonly OptionName[]) =>
  Object.fromEntries(names.map((name) => [name, describeOption(name)]));

/** A text, or several. */
const listOf = (pattern: string) =>
  ({ type: ['string', 'array'], pattern, minItems: 1, items: { type: 'string', pattern } }) as const;

/** What no path may have: a dot segment, also encoded. */
const DOT_SEGMENT = '.*/(?:\\.|%2[eE]){1,2}(?:/|$)';

/** A name of a store's bucket, with `*` for any characters. */
const NAME_PATTERN = '^(?:[\\w*]{1,64}:)?[a-z0-9.*-]{1,63}$';

/** The JSON Schema of configuration files, for editors; the reader itself says more when something is wrong. */
export const configSchema = () => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'bucket-cors configuration',
  type: 'object',
  additionalProperties: false,
  anyOf: [{ required: ['buckets'] }, { required: ['store'] }],
  properties: {
    $schema: { type: 'string' },
    ...described(FILE_OPTIONS),
    buckets: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: '^[\\w.-]{1,128}$' },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['bucket'],
        properties: {
          ...described(BUCKET_OPTIONS),
          hosts: {
            description:
              'Hosts that the bucket is served under, without a port, in any spelling; absent: every host that no other names.',
            ...listOf('\\S'),
            examples: [['media.example.com']],
          },
          prefix: {
            description: 'A path prefix that the bucket is served under; the longest that fits wins.',
            type: 'string',
            pattern: `^(?!${DOT_SEGMENT})(?:/[^/?#\\\\]+)+$`,
            examples: ['/media'],
          },
          keepPrefix: { description: 'The bucket sees the prefix too.', type: 'boolean', default: false },
          preload: { description: 'Load its rules at the start.', type: 'boolean', default: false },
        },
      },
    },
    store: {
      description: 'All buckets of a store, each by its own rules; buckets by name come before it.',
      type: 'object',
      additionalProperties: false,
      required: ['url'],
      properties: {
        ...described(STORE_OPTIONS),
        url: {
          description: 'The endpoint under which the store serves all of its buckets.',
          type: 'string',
          pattern: '\\S',
          examples: ['https://oss-cn-hangzhou.aliyuncs.com', 'http://127.0.0.1:9000'],
        },
        style: {
          description:
            'Whether the endpoint takes the name of a bucket in the host or in the path; absent: in the path, unless the endpoint is one that takes none there.',
          enum: ['host', 'path'],
        },
        hosts: {
          description:
            'Hosts that are served, without a port: {bucket}.files.example.com names a bucket, and files.example.com is the service itself; absent: every host that no bucket names.',
          ...listOf('\\S'),
          examples: [['{bucket}.files.example.com']],
        },
        paths: {
          description: 'Whether the path of a request to the service names a bucket, or where in the path.',
          type: ['boolean', 'string'],
          pattern: `^(?!${DOT_SEGMENT})(?:/[^/?#\\\\{}]+)*/\\{bucket\\}$`,
          default: true,
          examples: ['/s3/{bucket}'],
        },
        allow: {
          description: 'Names that are served, with * for any characters; absent: all.',
          ...listOf(NAME_PATTERN),
          examples: [['media-*']],
        },
        deny: {
          description: 'Names that are not served, also if they are allowed.',
          ...listOf(NAME_PATTERN),
          examples: [['*-private']],
        },
      },
    },
  },
});
