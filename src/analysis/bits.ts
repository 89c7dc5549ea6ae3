/** A set of small numbers, one bit each; the sets that are compared have the same size. */
export type Bits = Uint32Array;

export const emptyBits = (size: number): Bits => new Uint32Array(Math.ceil(size / 32));

export function allBits(size: number): Bits {
  const bits = emptyBits(size);
  for (let at = 0; at < size; at++) addBit(bits, at);
  return bits;
}

export function addBit(bits: Bits, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] ?? 0) | (1 << (at & 31));
}

export const hasBit = (bits: Bits, at: number): boolean => ((bits[at >>> 5] ?? 0) & (1 << (at & 31))) !== 0;

/** Whether `whole` contains every member of `part`. */
export function includesBits(whole: Bits, part: Bits): boolean {
  for (let at = 0; at < part.length; at++) if (((part[at] ?? 0) & ~(whole[at] ?? 0)) !== 0) return false;
  return true;
}

export function commonBits(one: Bits, other: Bits): Bits {
  const common = new Uint32Array(one.length);
  for (let at = 0; at < one.length; at++) common[at] = (one[at] ?? 0) & (other[at] ?? 0);
  return common;
}

export function membersOf(bits: Bits, size: number): number[] {
  const members: number[] = [];
  for (let at = 0; at < size; at++) if (hasBit(bits, at)) members.push(at);
  return members;
}
