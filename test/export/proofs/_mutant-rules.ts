import { compileRules } from '../../../src/cors/compile.ts';
import { behaviourOf, rule } from '../_rule-sets.ts';

/** Two rules, the narrow one first; a `*` in the middle whose ends overlap; names with `*`; credentials. */
export const ORDERED = compileRules(
  {
    rules: [
      rule({
        allowedOrigins: ['https://app.example', 'https://a*a.example', 'null'],
        allowedMethods: ['GET', 'PUT'],
        allowedHeaders: ['content-type', 'x-oss-*'],
        exposeHeaders: ['ETag'],
        maxAgeSeconds: 60,
      }),
      rule({ allowedOrigins: ['*'], allowedMethods: ['GET', 'HEAD'], exposeHeaders: ['Content-Range'] }),
    ],
    responseVary: false,
  },
  behaviourOf('s3'),
);

/** Without AllowedHeaders, so that each header and status is compared byte for byte; OSS asks for less before the rules. */
export const EQUAL = compileRules(
  {
    rules: [
      rule({
        allowedOrigins: ['https://app.example'],
        allowedMethods: ['GET', 'PUT'],
        exposeHeaders: ['ETag'],
        maxAgeSeconds: 60,
      }),
      rule({ allowedOrigins: ['*'], allowedMethods: ['HEAD'] }),
    ],
    responseVary: false,
  },
  behaviourOf('oss'),
);

/** Both ask for headers, and the second one is for every origin. */
const TWO = [
  rule({
    allowedOrigins: ['https://app.example', 'https://ab*ba.example', 'null'],
    allowedMethods: ['GET', 'PUT'],
    allowedHeaders: ['content-type', 'x-oss-*'],
    exposeHeaders: ['ETag'],
    maxAgeSeconds: 60,
  }),
  rule({ allowedOrigins: ['*'], allowedMethods: ['GET', 'HEAD'], allowedHeaders: ['x-any'] }),
];
export const RULES = compileRules({ rules: TWO, responseVary: false }, behaviourOf('oss'));
export const S3 = compileRules({ rules: TWO, responseVary: false }, behaviourOf('s3'));
/** Every origin gets the same, and no header is requested: the proof compares byte for byte. */
export const PLAIN = compileRules(
  { rules: [rule({ allowedOrigins: ['*'], allowedMethods: ['GET', 'HEAD'] })], responseVary: false },
  behaviourOf('oss'),
);
export const NAMED = compileRules({ rules: TWO, responseVary: false }, behaviourOf('oss', true));
