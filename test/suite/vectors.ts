import { describe, expect, test } from 'vitest';
import type { Dialect } from '../../src/cors/behaviour.ts';
import { call, element, value } from '../helpers/client.ts';
import { rulesOfVector, vectors } from '../helpers/vectors.ts';
import { type Runtime, useEdge } from './runtime.ts';

const list = (text: string | undefined) => text?.split(',').map((item) => item.trim());
const withoutFullStop = (text: string | undefined) => text?.replace(/\.$/, '');
/** The status of an actual request is the store's own; some captures lack it. */
const SOME_STATUS = 200;

export function addVectorTests(runtime: Runtime): void {
  describe.each<Dialect>(['oss', 's3'])(
    'with --vary store, answers equal those captured from %s',
    (dialect) => {
      const edge = useEdge(runtime, { dialect, vary: 'store' });

      test.each(vectors.filter(({ provider }) => provider === dialect))('$id', async (vector) => {
        const { method, path, headers } = vector.request;
        const wanted = vector.expect;
        await edge().setRules(rulesOfVector(vector));
        edge().bucket.script = { status: wanted.status ?? SOME_STATUS };
        const answered = await call(edge().url, {
          method,
          target: path,
          headers: Object.entries(headers).flat(),
        });

        const preflight = method === 'OPTIONS';
        expect(edge().bucket.asked).toHaveLength(preflight ? 0 : 1);
        expect(answered.status).toBe(wanted.status ?? SOME_STATUS);
        for (const [name, text] of Object.entries(wanted.headers ?? {}))
          expect(list(value(answered, name)), name).toEqual(list(text));
        for (const name of wanted.absent ?? []) expect(value(answered, name), name).toBeUndefined();
        for (const name of wanted.varyIncludes ?? []) expect(list(value(answered, 'vary'))).toContain(name);
        // The refusal of an actual request is in the store's own body, which the edge passes.
        if (!preflight) return;
        if (wanted.errorCode !== undefined) expect(element(answered, 'Code')).toBe(wanted.errorCode);
        if (wanted.errorMessage !== undefined)
          expect(withoutFullStop(element(answered, 'Message'))).toBe(withoutFullStop(wanted.errorMessage));
        for (const [name, text] of Object.entries(wanted.errorXml ?? {}))
          expect(element(answered, name), name).toBe(text);
      });
    },
  );
}
