/** The public API to run the edge, or its decision engine, inside a program. Runs on any JavaScript runtime. */
export { type AdminOptions, createAdmin } from './admin/app.ts';
export type { HeaderPairs, PageRequest } from './analysis/browser/check.ts';
export { type Answers, type Judgement, judge } from './analysis/browser/judge.ts';
export { checkRules } from './analysis/check/check.ts';
export type { CheckOptions } from './analysis/check/context.ts';
export type { Domains } from './analysis/check/domains.ts';
export type { Finding } from './analysis/check/finding.ts';
export { type Fixed, fixRules } from './analysis/check/fix.ts';
export {
  type Diff,
  type Difference,
  diffRules,
  isWider,
  neverAllowsMore,
  type Outcome as DiffOutcome,
} from './analysis/diff.ts';
export { type Reach, reachOf } from './analysis/reach.ts';
export { type Vector, vectorsOf } from './analysis/vectors.ts';
export { isAddress, parseAddress } from './bucket/address.ts';
export { askForRules, type Read, readByFetch, rulesUrl } from './bucket/read.ts';
export type {
  Address,
  BucketRequest,
  Exchange,
  Failure,
  FlatHeaders,
  Outcome,
  Reply,
  Sign,
  Sink,
  Transport,
} from './bucket/transport.ts';
export type { BucketCorsOptions } from './config/middleware.ts';
export { type Answer, answer, type VaryReason } from './cors/answer.ts';
export type { Behaviour, Dialect, VaryMode } from './cors/behaviour.ts';
export {
  type CompiledRule,
  type CompiledRules,
  compileRules,
  missingBucket,
  unavailableRules,
} from './cors/compile.ts';
export { type Decision, decide, type Facts, repeatedHeader } from './cors/decide.ts';
export { type Explanation, explain, type Verdict } from './cors/explain.ts';
export { REASONS, type Reason } from './cors/reason.ts';
export { refusal } from './cors/refusal.ts';
export { METHODS, type Method, NO_RULES, type Rule, type RuleSet } from './cors/rule.ts';
export type { Refusal, Resource } from './cors/traits.ts';
export { mergeVary } from './cors/vary.ts';
export { CODES, type CodeRow } from './document/code-table.ts';
export type { Code, Severity } from './document/codes.ts';
export { decodeText } from './document/decode.ts';
export type { Document, Fault, Reading } from './document/fault.ts';
export type { FormName } from './document/forms.ts';
export type { LineOf, PlaceOf } from './document/place.ts';
export { MAX_DOCUMENT_BYTES, readDocument } from './document/read.ts';
export {
  type WriteOptions,
  type Written,
  type WrittenForm,
  writeDocument,
} from './document/write.ts';
export { toOssJson, toS3Json } from './document/writers/json.ts';
export { toXml } from './document/xml.ts';
export { createEdge, type EdgeEnv, type EdgeOptions } from './edge/app.ts';
export type { Bucket } from './edge/bucket.ts';
export { ERRORS, type ErrorCode } from './edge/errors.ts';
export type { Asked, Client, Observe, RequestEvent } from './edge/observe.ts';
export { type Grade, outcomeOf } from './export/outcome.ts';
export type {
  Compiled as CompiledExport,
  ExportFile,
  ExportFormat,
  ExportOptions,
  Inexpressible,
  Note as ExportNote,
  Target as ExportTarget,
  Written as WrittenExport,
} from './export/target.ts';
export { compileFor, TARGETS } from './export/targets.ts';
export { bucketCors } from './middleware.ts';
export { createRulesCache, type RulesCache } from './rules/cache.ts';
export type { RulesInForce } from './rules/in-force.ts';
export type { RulesStatus } from './rules/record.ts';
export type { RuledBucket } from './rules/ruled-bucket.ts';
export type { Ask, Loaded, Source } from './rules/source.ts';
export { bucketSource } from './rules/sources/bucket.ts';
export { inlineSource } from './rules/sources/inline.ts';
export { urlSource } from './rules/sources/url.ts';
