/** Error codes of HTTP/2 (RFC 9113 §7), written out: `constants` of `node:http2` loads all of HTTP/2. */
export const NGHTTP2_NO_ERROR = 0x0;
export const NGHTTP2_PROTOCOL_ERROR = 0x1;
export const NGHTTP2_INTERNAL_ERROR = 0x2;
export const NGHTTP2_CANCEL = 0x8;
