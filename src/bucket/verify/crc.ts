// CRCs of the reflected kind: initial value and final XOR are all ones. Widths above 32 bits are two halves, since
// JavaScript's bit operators have 32 bits.

/** A polynomial, reflected, in two halves; `high` is 0 for 32 bits. */
interface Polynomial {
  readonly high: number;
  readonly low: number;
  readonly bytes: 4 | 8;
}

/** CRC-32 of ISO-HDLC, CRC-32C of iSCSI, CRC-64 of ECMA-182 (as in xz) and of NVMe. */
const POLYNOMIALS = {
  crc32: { high: 0, low: 0xedb88320, bytes: 4 },
  crc32c: { high: 0, low: 0x82f63b78, bytes: 4 },
  crc64ecma: { high: 0xc96c5795, low: 0xd7870f42, bytes: 8 },
  crc64nvme: { high: 0x9a6c9329, low: 0xac4bc9b5, bytes: 8 },
} as const satisfies Readonly<Record<string, Polynomial>>;

export type CrcName = keyof typeof POLYNOMIALS;

interface Table {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

function tableOf({ high: polynomialHigh, low: polynomialLow }: Polynomial): Table {
  const table = { high: new Uint32Array(256), low: new Uint32Array(256) };
  for (let byte = 0; byte < 256; byte += 1) {
    let [high, low] = [0, byte];
    for (let bit = 0; bit < 8; bit += 1) {
      const odd = low & 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (odd === 1) [high, low] = [high ^ polynomialHigh, low ^ polynomialLow];
    }
    table.high[byte] = high;
    table.low[byte] = low;
  }
  return table;
}

const tables = new Map<CrcName, Table>();

/** A CRC of bytes that come one after another. */
export interface RunningCrc {
  update(bytes: Uint8Array): void;
  /** Of all bytes so far, big-endian. */
  digest(): Uint8Array;
}

export function runningCrc(name: CrcName): RunningCrc {
  const polynomial = POLYNOMIALS[name];
  const table = tables.get(name) ?? tableOf(polynomial);
  tables.set(name, table);
  let [high, low] = [polynomial.bytes === 8 ? 0xffffffff : 0, 0xffffffff];
  return {
    update: (bytes) => {
      for (const byte of bytes) {
        const at = (low ^ byte) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ (table.low[at] ?? 0);
        high = (high >>> 8) ^ (table.high[at] ?? 0);
      }
    },
    digest: () => {
      const view = new DataView(new ArrayBuffer(8));
      view.setUint32(0, ~high);
      view.setUint32(4, ~low);
      return new Uint8Array(view.buffer, 8 - polynomial.bytes);
    },
  };
}

/** Returns the CRC of bytes, big-endian. */
export function crc(name: CrcName, bytes: Uint8Array): Uint8Array {
  const running = runningCrc(name);
  running.update(bytes);
  return running.digest();
}
