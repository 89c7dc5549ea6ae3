import type { BucketPlace } from '../config/bucket-url.ts';
import { VENDORS } from '../config/vendor-hosts.ts';
import type { Dialect } from '../cors/behaviour.ts';

/**
 * The region in a bucket's signatures: what the operator writes, or the address names. S3 at a host that is not the
 * vendor's own has the region that its clients sign with by default. Null: unknown.
 */
export function regionOf(store: Dialect, written: string | null | undefined, place: BucketPlace | null) {
  const { defaultRegion } = VENDORS[store];
  if (place?.kind !== 'http') return written ?? defaultRegion ?? null;
  return written ?? place.region ?? place.defaultRegion ?? (place.store ? null : (defaultRegion ?? null));
}
