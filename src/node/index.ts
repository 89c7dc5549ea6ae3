/** The package's `./node` export: the whole edge, its parts for another server, and the directory bucket. */
export { type Config, readConfig } from '../config/read.ts';
export { fromVariables } from '../config/variables.ts';
export { requestLog } from '../edge/log/requests.ts';
export { fileSource } from './buckets/file-source.ts';
export {
  type DirectoryBucketOptions,
  type OpenDirectoryBucket,
  openDirectoryBucket,
} from './directory/server.ts';
export { createMetrics, type Metrics } from './metrics/metrics.ts';
export { createLog } from './output/log.ts';
export { appListener } from './server/app-listener.ts';
export { type Certificate, type CertificateFiles, openCertificate } from './server/certificate.ts';
export { type Listening, type ListenOptions, listen, type Where } from './server/listen.ts';
export { type Running, type StartOptions, start } from './start.ts';
export { startFaultLines } from './start-fault.ts';
export { edgeListener } from './transport/exchange.ts';
export { createPools, type Pools, type PoolsOptions } from './transport/pools.ts';
