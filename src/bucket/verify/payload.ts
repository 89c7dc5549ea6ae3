/** The forms of a body in S3's protocol: values of x-amz-content-sha256 besides a SHA-256. */
export const UNSIGNED_CHUNKS = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
export const SIGNED_CHUNKS = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
export const SIGNED_CHUNKS_TRAILER = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';

export const isHash = (payload: string): boolean => /^[0-9a-f]{64}$/.test(payload);
