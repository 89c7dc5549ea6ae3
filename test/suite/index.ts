import { addBytesTests } from './bytes.ts';
import { addErrorTests } from './errors.ts';
import { addForwardedTests, addPassedHeaderTests } from './forwarded.ts';
import { addRequestHeaderTests, addResponseHeaderTests } from './headers.ts';
import { addKeepTests } from './keep.ts';
import { addManagementTests } from './management.ts';
import { addMisbehavingTests } from './misbehaving.ts';
import { addObjectTests } from './object.ts';
import { addObserveTests } from './observe.ts';
import { addPreflightTests } from './preflight.ts';
import { addRefusalTests } from './refusal.ts';
import { addRefusedHeadTests } from './refused-heads.ts';
import { addRepeatedTests } from './repeated.ts';
import { addRouteTests } from './route.ts';
import type { Runtime } from './runtime.ts';
import { addTargetTests } from './target.ts';
import { addTransferTests } from './transfer.ts';
import { addUnknownTests } from './unknown.ts';
import { addUnreachableTests } from './unreachable.ts';
import { addVaryTests } from './vary.ts';
import { addVectorTests } from './vectors.ts';

/** Tests every behaviour of the edge over HTTP, on any runtime. */
export function addTests(runtime: Runtime): void {
  addPreflightTests(runtime);
  addRefusalTests(runtime);
  addRepeatedTests(runtime);
  addObjectTests(runtime);
  addRequestHeaderTests(runtime);
  addResponseHeaderTests(runtime);
  addForwardedTests(runtime);
  addPassedHeaderTests(runtime);
  addTargetTests(runtime);
  addVaryTests(runtime);
  addUnknownTests(runtime);
  addMisbehavingTests(runtime);
  addManagementTests(runtime);
  addKeepTests(runtime);
  addRouteTests(runtime);
  addErrorTests(runtime);
  addUnreachableTests(runtime);
  addRefusedHeadTests(runtime);
  addTransferTests(runtime);
  addBytesTests(runtime);
  addObserveTests(runtime);
  addVectorTests(runtime);
}
