import type { CompiledRules } from '../cors/compile.ts';
import type { Fault } from '../document/fault.ts';
import type { Deployed } from './deployed.ts';
import type { Grade } from './outcome.ts';

/** The forms in which a target's configuration is written; `config` is the target's own. */
export type ExportFormat = 'config' | 'terraform';

/** What an export is made for. */
export interface ExportOptions {
  readonly format: ExportFormat;
  /** Write a configuration that allows less than the rules where the target cannot say all of them. */
  readonly allowNarrower: boolean;
  /** Where the target fetches objects, without a trailing slash: `https://my-bucket.oss-cn-hangzhou.aliyuncs.com`. Null: a placeholder, with a note. */
  readonly bucketUrl: string | null;
  /** The name that distinguishes this export from others in one program: letters, digits and `_`; `cors` by default. */
  readonly name: string;
  /** What the rules were read from, without secrets, for the banner. */
  readonly source: string;
  /** The version of bucket-cors, for the banner. */
  readonly version: string;
}

/** One file of an export. */
export interface ExportFile {
  /** `cors.conf`; the first file of an export takes the name that the operator gives. */
  readonly name: string;
  /** One sentence: where the file goes and what uses it. */
  readonly use: string;
  readonly text: string;
}

/** A part of the rules that a target cannot express. */
export interface Inexpressible {
  /** Numbers of the rules, from 1; empty if it concerns all. */
  readonly rules: readonly number[];
  /** Origins or entries of AllowedOrigin that are concerned, at most ten. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  /** What the target cannot express, as a sentence. */
  readonly what: string;
  /** The nearest configuration that it can, as a sentence. */
  readonly nearest: string;
}

/** What an operator must know about a configuration. */
export interface Note {
  /** Sentences: what the vendor documents nowhere, or why the export is not `equal`. */
  readonly about: string;
  /** A shell command that finds out, or installs; `DOMAIN` stands for the domain, `FILE` for the first file of the export. */
  readonly command?: string;
}

/** The configuration for a target. */
export interface Written {
  readonly ok: true;
  readonly files: readonly ExportFile[];
  readonly grade: Grade;
  readonly notes: readonly Note[];
  /** The rules that the configuration enforces: those that were given, or with `allowNarrower` narrower ones. */
  readonly enforced: CompiledRules;
  /** With `allowNarrower`: why it is narrower. `compileFor` adds what pages lose. */
  readonly lost: readonly Inexpressible[];
  /** The real program of the target does not run this configuration, so that it cannot be proved; absent: it does. */
  readonly unprovable?: true;
  /** The methods of actual requests that reach the bucket, where the configuration refuses others; absent: all. */
  readonly methods?: readonly string[];
  /** The bucket's answers with this status or a higher one may allow less than the rules, and never more: a note says why. */
  readonly narrowerFrom?: number;
}

/** What the compiler of a target answers. Nothing is written unless the configuration is exact. */
export type Compiled = Written | { readonly ok: false; readonly refused: readonly Inexpressible[] };

/** Another edge whose configuration can be written from rules. */
export interface Target {
  readonly name: string;
  /** One line for help: the program or service, and what is written. */
  readonly about: string;
  readonly formats: readonly ExportFormat[];
  /** One line for the help of `audit`: what `read` takes; absent: a file that an export of this target wrote. */
  readonly audited?: string;
  /** Rules whose `vary` is `store` are refused before (`compileFor`). */
  compile(rules: CompiledRules, options: ExportOptions): Compiled;
  /** Reads a deployed configuration of this target back. */
  read(text: string): ReadBack;
}

/** A deployed configuration, or why it cannot be read: place, value, reason and what to give instead. */
export type ReadBack =
  | { readonly ok: true; readonly value: Deployed }
  | { readonly ok: false; readonly faults: readonly Fault[] };
