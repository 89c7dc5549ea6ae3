/** What a Node program imports to start the whole edge, or the directory bucket alone. */
export { type Config, fromVariables, readConfig } from '../config/read.ts';
export {
  type DirectoryBucketOptions,
  type OpenDirectoryBucket,
  openDirectoryBucket,
} from './directory/server.ts';
export { type Running, type StartOptions, start } from './start.ts';
export { startFaultLines } from './start-fault.ts';
