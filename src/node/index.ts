/** What a Node program imports: the whole edge, its parts for an edge of one's own, and the directory bucket. */
export { type Config, readConfig } from '../config/read.ts';
export { fromVariables } from '../config/variables.ts';
export { requestLog } from '../edge/log.ts';
export { appListener } from './app-listener.ts';
export {
  type DirectoryBucketOptions,
  type OpenDirectoryBucket,
  openDirectoryBucket,
} from './directory/server.ts';
export { fileSource } from './file.ts';
export {
  edgeListener,
  type Listening,
  type ListenOptions,
  listen,
  type Where,
} from './listen.ts';
export { createLog } from './log.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { createPools, type Pools, type PoolsOptions } from './pools.ts';
export { type Running, type StartOptions, start } from './start.ts';
export { startFaultLines } from './start-fault.ts';
export { type Certificate, type CertificateFiles, openCertificate } from './tls.ts';
