import { ALL, editTarget, HEADERS, KEYS, OSS, removeHeader, S3, TEMPORARY, URLS } from './_forms.ts';
import {
  authorization,
  DENIED,
  describeRows,
  INVALID,
  MISMATCH,
  OSS_HEADERS,
  SIG,
  SIG_URL,
  V1_URL,
  V4_URL,
} from './_rows.ts';

const stranger = { ...KEYS, accessKeyId: 'stranger' };
const wrongSecret = { ...KEYS, accessKeySecret: 'ks' };
const wrongToken = { ...TEMPORARY, securityToken: 'nekot' };
const longerToken = { ...TEMPORARY, securityToken: 'token2' };
const withoutToken = { accessKeyId: 'STS.ak', accessKeySecret: 'tsk' };
const needlessToken = { ...KEYS, securityToken: 'token' };
const dropQuery = editTarget(/\?.*/, '');

describeRows('checks who signs', [
  ['no signature', HEADERS, { change: removeHeader('authorization') }, DENIED],
  ['no signature', URLS, { change: dropQuery }, DENIED],
  ['an empty Authorization header', HEADERS, { change: authorization('') }, INVALID],
  ['an unknown key', ALL, { credentials: stranger }, '403 InvalidAccessKeyId'],
  ['a wrong secret', ALL, { credentials: wrongSecret }, MISMATCH],
  // The Java SDK's V4 URLs name the token as V1 does: OSSV4Signer.java in aliyun/aliyun-oss-java-sdk.
  [
    'a token under its name in V1',
    [...V1_URL, ...V4_URL],
    { credentials: withoutToken, target: '/a?security-token=token' },
    'accepted',
  ],
  [
    'another token under its name in V1',
    V4_URL,
    { credentials: withoutToken, target: '/a?security-token=x' },
    '403 InvalidSecurityToken',
  ],
  [
    'a token in the URL of a signed header',
    HEADERS,
    { credentials: withoutToken, target: '/a?security-token=token' },
    INVALID,
  ],
  ['a temporary key without its token', ALL, { credentials: withoutToken }, '403 InvalidAccessKeyId'],
  ['a token with a key that has no token', ALL, { credentials: needlessToken }, '403 InvalidAccessKeyId'],
  ['a wrong token', OSS, { credentials: wrongToken }, '403 InvalidSecurityToken'],
  ['a wrong token', S3, { credentials: wrongToken }, '400 InvalidToken'],
  ['a longer token', S3, { credentials: longerToken }, '400 InvalidToken'],
  [
    'a token removed after signing',
    OSS_HEADERS,
    {
      credentials: TEMPORARY,
      change: removeHeader('x-oss-security-token'),
    },
    '403 InvalidAccessKeyId',
  ],
  [
    'a token removed after signing',
    SIG,
    {
      credentials: TEMPORARY,
      change: removeHeader('x-amz-security-token'),
    },
    DENIED,
  ],
  [
    'a token in the header and in the URL',
    V1_URL,
    {
      credentials: TEMPORARY,
      headers: ['x-oss-security-token', 'token'],
    },
    INVALID,
  ],
  [
    'a token in the header and in the URL',
    V4_URL,
    {
      credentials: TEMPORARY,
      headers: ['x-oss-security-token', 'token'],
    },
    INVALID,
  ],
  [
    'a token in the header and in the URL',
    SIG_URL,
    {
      credentials: TEMPORARY,
      headers: ['x-amz-security-token', 'token'],
    },
    INVALID,
  ],
]);
