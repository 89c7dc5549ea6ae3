import type { Failure } from '../../bucket/transport.ts';
import { wasReused } from '../http1/connection.ts';
import type { FaultCode } from '../http1/fault.ts';

/** The code that replaces ECONNRESET in errors of undici's connections. */
export const RESET_BY_BUCKET = 'RESET_BY_BUCKET';

const OWN: Readonly<Record<FaultCode, Failure>> = {
  ERR_ANSWER_INVALID: 'BucketAnswerInvalid',
  ERR_BUCKET_CLOSED: 'BucketBrokeOff',
  ERR_CONNECT_TIMEOUT: 'BucketConnectTimeout',
  ERR_HEAD_TIMEOUT: 'BucketHeadTimeout',
  ERR_IDLE_TIMEOUT: 'BucketIdleTimeout',
  ERR_REQUEST_INVALID: 'RequestInvalid',
};

/** By the `code` of errors. Any other code is that of a failed connection attempt. */
const BY_CODE: Readonly<Record<string, Failure>> = {
  ...OWN,
  UND_ERR_CONNECT_TIMEOUT: 'BucketConnectTimeout',
  ETIMEDOUT: 'BucketConnectTimeout',
  UND_ERR_HEADERS_TIMEOUT: 'BucketHeadTimeout',
  UND_ERR_BODY_TIMEOUT: 'BucketIdleTimeout',
  UND_ERR_SOCKET: 'BucketBrokeOff',
  UND_ERR_CLOSED: 'BucketBrokeOff',
  UND_ERR_DESTROYED: 'BucketBrokeOff',
  ECONNRESET: 'BucketBrokeOff',
  [RESET_BY_BUCKET]: 'BucketBrokeOff',
  EPIPE: 'BucketBrokeOff',
  UND_ERR_HEADERS_OVERFLOW: 'BucketAnswerInvalid',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'BucketAnswerInvalid',
  UND_ERR_INVALID_ARG: 'RequestInvalid',
  UND_ERR_NOT_SUPPORTED: 'RequestInvalid',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'RequestInvalid',
};

/**
 * True if the connection had received bytes before it closed: it was reused, or its response to this request had begun.
 */
export function closedWhenReused(error: Error): boolean {
  if (wasReused(error)) return true;
  // undici's.
  if (!('code' in error) || !CLOSED.has(String(error.code)) || !('socket' in error)) return false;
  const { socket } = error;
  return (
    typeof socket === 'object' && socket !== null && 'bytesRead' in socket && Number(socket.bytesRead) > 0
  );
}

/** True if the bucket closed the connection, and did not reset it. */
export const closedByBucket = (error: Error): boolean =>
  'code' in error && (error.code === 'ERR_BUCKET_CLOSED' || error.code === 'UND_ERR_SOCKET');

const CLOSED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'EPIPE', RESET_BY_BUCKET]);

/** The failure that an error of a call stands for. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return 'BucketUnreachable';
  const code = 'code' in error ? String(error.code) : '';
  // undici passes some errors of the parser on without their HPE_ code.
  if (code.startsWith('HPE_') || error.name === 'HTTPParserError') return 'BucketAnswerInvalid';
  return BY_CODE[code] ?? 'BucketUnreachable';
}
