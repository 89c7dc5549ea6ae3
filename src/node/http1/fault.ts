/** The codes of errors that this room makes. Errors of the system have Node's own. */
export type FaultCode =
  | 'ERR_ANSWER_INVALID'
  | 'ERR_BUCKET_CLOSED'
  | 'ERR_CONNECT_TIMEOUT'
  | 'ERR_HEAD_TIMEOUT'
  | 'ERR_IDLE_TIMEOUT'
  | 'ERR_REQUEST_INVALID';

export type Fault = Error & { readonly code: FaultCode };

export const fault = (code: FaultCode, message: string): Fault => Object.assign(new Error(message), { code });

/** A response that RFC 9112 does not allow. The message names the rule, and nothing of the response. */
export const answerFault = (message: string): Fault => fault('ERR_ANSWER_INVALID', message);
