/** What a Node program imports: the whole edge, its parts for an edge of one's own, and the directory bucket. */
export { type Config, fromVariables, readConfig } from '../config/read.ts';
export {
  type DirectoryBucketOptions,
  type OpenDirectoryBucket,
  openDirectoryBucket,
} from './directory/server.ts';
export { fileSource } from './file.ts';
export { appListener, edgeListener, type Listening, listen } from './listen.ts';
export { createLog, requestLog } from './log.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { createPools, type Pools, type PoolTimeouts } from './pools.ts';
export { type Running, type StartOptions, start } from './start.ts';
export { startFaultLines } from './start-fault.ts';
