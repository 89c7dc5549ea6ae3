import { FILE_OPTIONS } from '../src/config/file.ts';
import { BUCKET_OPTIONS, OPTIONS, type OptionName } from '../src/config/options.ts';
import { STORE_OPTIONS } from '../src/config/store.ts';

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
          type: ['string', 'array'],
          items: { type: 'string' },
          examples: [['{bucket}.files.example.com']],
        },
        paths: {
          description: 'Whether the path of a request to the service names a bucket, or where in the path.',
          type: ['boolean', 'string'],
          default: true,
          examples: ['/s3/{bucket}'],
        },
        allow: {
          description: 'Names that are served, with * for any characters; absent: all.',
          type: ['string', 'array'],
          items: { type: 'string' },
          examples: [['media-*']],
        },
        deny: {
          description: 'Names that are not served, also if they are allowed.',
          type: ['string', 'array'],
          items: { type: 'string' },
          examples: [['*-private']],
        },
      },
    },
  },
});
