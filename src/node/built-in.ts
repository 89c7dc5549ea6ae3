/**
 * Modules of Node that cost memory in a process that does not use all of them. An `import` of a module of Node reads each
 * of its exports: three of `node:http` (`WebSocket`, `CloseEvent`, `MessageEvent`) load Node's undici, HTTP/2 and Web
 * streams, which is 12 MB and 50 ms of CPU time. `getBuiltinModule` reads none
 * (https://nodejs.org/api/process.html#processgetbuiltinmoduleid).
 */
export const http = process.getBuiltinModule('node:http');

/** 6 MB: call it where a certificate or an https address is used. */
export const tls = () => process.getBuiltinModule('node:tls');

/** 9 MB: call it where HTTP/2 is served. */
export const http2 = () => process.getBuiltinModule('node:http2');
