/** The programs that can put, get and delete the rules of a bucket; rclone cannot. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClientMeans, openAws, openBoto3, openS3cmd, UNSIGNED } from './_clients.ts';
import { curl, signedBy } from './_curl.ts';
import type { RulesClient } from './_rules.ts';
import type { Way } from './_ways.ts';

/** Rules in the AWS CLI's form. */
export interface JsonRules {
  readonly CORSRules: readonly Readonly<Record<string, unknown>>[];
}

/** A client that rejects with the program's own text. */
export interface RulesProgram extends RulesClient {
  put(way: Way, rules: JsonRules): Promise<unknown>;
}

/** A program that also sends a document as it stands. */
export interface DocumentProgram extends RulesProgram {
  putDocument(way: Way, document: string, contentMd5?: string): Promise<unknown>;
}

export function awsRules(means: ClientMeans): RulesProgram {
  const aws = openAws(means);
  const act = (way: Way, verb: string, ...more: string[]) =>
    aws(way, 's3api', `${verb}-bucket-cors`, '--bucket', way.bucket, ...more);
  return {
    put: (way, rules) => act(way, 'put', '--cors-configuration', JSON.stringify(rules)),
    get: (way) => act(way, 'get'),
    remove: (way) => act(way, 'delete'),
  };
}

export function boto3Rules(means: ClientMeans): DocumentProgram {
  const boto3 = openBoto3(means);
  return {
    putDocument: (way, document, contentMd5) =>
      boto3(way, 'put_document', document, ...(contentMd5 === undefined ? [] : [contentMd5])),
    put: (way, rules) => boto3(way, 'put_rules', JSON.stringify(rules)),
    get: (way) => boto3(way, 'get_rules'),
    remove: (way) => boto3(way, 'delete_rules'),
  };
}

export function s3cmdRules(means: ClientMeans): DocumentProgram {
  const s3cmd = openS3cmd(means);
  const bucket = (way: Way) => `s3://${way.bucket}`;
  function putDocument(way: Way, document: string): Promise<string> {
    const file = join(means.folder(), 'rules.xml');
    writeFileSync(file, document);
    return s3cmd(way, 'setcors', file, bucket(way));
  }
  return {
    putDocument,
    put: (way, rules) => putDocument(way, xmlOf(rules)),
    // It prints the document, or `none` without rules.
    get: async (way) =>
      /^ +CORS: +(none|[\s\S]*<\/CORSConfiguration>)/m.exec(await s3cmd(way, 'info', bucket(way)))?.[1] ?? '',
    remove: (way) => s3cmd(way, 'delcors', bucket(way)),
  };
}

/** `target`: curl 7.88 signs a query as it stands, so `cors` needs the `=` of the canonical form. */
export function curlRules(means: ClientMeans, target = '/?cors='): DocumentProgram {
  async function act(way: Way, ...args: readonly string[]): Promise<string> {
    const answered = await curl(
      means,
      way,
      target,
      ...(way.keys === UNSIGNED ? [] : signedBy(way.keys)),
      ...args,
    );
    const status = answered.statuses.at(-1) ?? 0;
    if (status >= 300) throw new Error(`${status} ${answered.body}`);
    return String(answered.body);
  }
  const putDocument = (way: Way, document: string, contentMd5?: string) => {
    const digest = contentMd5 === undefined ? [] : ['-H', `Content-MD5: ${contentMd5}`];
    return act(way, '-X', 'PUT', '--data-binary', document, ...digest);
  };
  return {
    putDocument,
    put: (way, rules) => putDocument(way, xmlOf(rules)),
    get: (way) => act(way),
    remove: (way) => act(way, '-X', 'DELETE'),
  };
}

const ELEMENTS = {
  ID: 'ID',
  AllowedOrigins: 'AllowedOrigin',
  AllowedMethods: 'AllowedMethod',
  AllowedHeaders: 'AllowedHeader',
  ExposeHeaders: 'ExposeHeader',
  MaxAgeSeconds: 'MaxAgeSeconds',
} as const;

/** Writes rules with their faults, which the project's own writer does not. */
function xmlOf({ CORSRules }: JsonRules): string {
  const rules = CORSRules.map((rule) => {
    const elements = Object.entries(ELEMENTS).flatMap(([field, name]) =>
      [rule[field] ?? []].flat().map((value) => `<${name}>${value}</${name}>`),
    );
    return `<CORSRule>${elements.join('')}</CORSRule>`;
  });
  return `<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${rules.join('')}</CORSConfiguration>`;
}
