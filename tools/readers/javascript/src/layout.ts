// The frame of a snapshot file: header, row chunks, manifest, footer. Byte level: docs/formats.md.
import { createXXHash3, IHasher } from "hash-wasm";

import { SnapshotError } from "./errors";

const VERSIONS = [1, 2]; // 2: the embeddings are not float32
export const HEADER_BYTES = 64;
const FOOTER_BYTES = 64;
const ALIGNMENT = 64;
const CHECKED_FOOTER_BYTES = 56; // the footer's checksum is over these, and behind them

export interface Footer {
  manifestOffset: number;
  manifestBytes: number;
  manifestChecksum: bigint;
  checksum: bigint; // the snapshot's
}

/** XXH3, 64 bits, seed 0. */
export type Checksum = (data: Uint8Array) => bigint;

let hasher: Promise<IHasher> | undefined; // one for all, since a checksum is never interrupted

export async function xxh3(): Promise<Checksum> {
  const ready = await (hasher ??= createXXHash3());
  return (data) => BigInt("0x" + ready.init().update(data).digest());
}

export function alignedUp(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

export function requireZero(bytes: Uint8Array, what: string): void {
  if (bytes.some((byte) => byte !== 0)) throw new SnapshotError(`${what} not zero`);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Returns the version, which footer and manifest repeat. */
export function checkHeader(file: Uint8Array): number {
  if (!beginsWith(file, "gaugesnp"))
    throw new SnapshotError('is not a snapshot: it does not begin with "gaugesnp"');
  if (file.length < HEADER_BYTES + FOOTER_BYTES)
    throw new SnapshotError(`is cut off: ${file.length} bytes are less than a header and a footer`);
  const version = viewOf(file).getUint32(8, true);
  if (!VERSIONS.includes(version))
    throw new SnapshotError(
      `is a snapshot of format version ${version}, but this program reads ${VERSIONS.join(" and ")}`,
    );
  requireZero(file.subarray(12, HEADER_BYTES), "offset 12: the reserved bytes of the header are");
  return version;
}

/** The footer of a file whose header was checked; its manifest lies between the two. */
export function readFooter(file: Uint8Array, version: number, checksum: Checksum): Footer {
  const place = file.length - FOOTER_BYTES;
  const bytes = file.subarray(place);
  const view = viewOf(bytes);
  const footer = {
    manifestOffset: Number(view.getBigUint64(16, true)),
    manifestBytes: Number(view.getBigUint64(24, true)),
    manifestChecksum: view.getBigUint64(32, true),
    checksum: view.getBigUint64(CHECKED_FOOTER_BYTES, true),
  };
  if (!beginsWith(bytes, "gaugeend"))
    throw new SnapshotError(`offset ${place}: there is no footer: the file is cut off or has grown`);
  if (checksum(bytes.subarray(0, CHECKED_FOOTER_BYTES)) !== footer.checksum)
    throw new SnapshotError(`offset ${place}: the footer is damaged`);
  const { manifestOffset, manifestBytes } = footer;
  const end = manifestOffset + manifestBytes;
  if (manifestOffset % ALIGNMENT !== 0 || manifestOffset < HEADER_BYTES || alignedUp(end) !== place)
    throw new SnapshotError(
      `offset ${place}: the footer says that the manifest has ${manifestBytes} bytes at offset ${manifestOffset}, ` +
        "which do not end at the footer",
    );
  requireZero(file.subarray(end, place), "the padding before the footer is");
  const wrong = `offset ${place}: the footer's version or reserved bytes are not as they should be`;
  if (view.getUint32(8, true) !== version) throw new SnapshotError(wrong);
  for (const [begin, reservedEnd] of [[12, 16], [40, CHECKED_FOOTER_BYTES]])
    if (bytes.subarray(begin, reservedEnd).some((byte) => byte !== 0)) throw new SnapshotError(wrong);
  return footer;
}

function beginsWith(bytes: Uint8Array, magic: string): boolean {
  return bytes.length >= magic.length && [...magic].every((letter, i) => bytes[i] === letter.charCodeAt(0));
}
