import { FILE_OPTIONS } from '../src/config/file.ts';
import { BUCKET_OPTIONS, OPTIONS, type OptionName } from '../src/config/options.ts';

const SCALAR = { type: ['string', 'number', 'boolean'] } as const;

const describeOption = (name: OptionName) => ({
  ...SCALAR,
  description: OPTIONS[name].about,
  ...(OPTIONS[name].default !== null && { default: OPTIONS[name].default }),
  examples: [OPTIONS[name].example],
});

const described = (names: readonly OptionName[]) =>
  Object.fromEntries(names.map((name) => [name, describeOption(name)]));

/** The JSON Schema of configuration files, for editors; the reader itself says more when something is wrong. */
export const configSchema = () => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'bucket-cors configuration',
  type: 'object',
  additionalProperties: false,
  required: ['buckets'],
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
            type: ['string', 'array'],
            items: { type: 'string' },
            examples: [['media.example.com']],
          },
          prefix: {
            description: 'A path prefix that the bucket is served under; the longest that fits wins.',
            type: 'string',
            pattern: '^(/[^/?#]+)+$',
            examples: ['/media'],
          },
          keepPrefix: { description: 'The bucket sees the prefix too.', type: 'boolean', default: false },
          preload: { description: 'Load its rules at the start.', type: 'boolean', default: false },
        },
      },
    },
  },
});
