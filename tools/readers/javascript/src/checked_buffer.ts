// FlatBuffers' buffer, with every offset and length checked before it is followed. The accessors that flatc writes read
// through one, and stay as they are generated.
import { ByteBuffer, Encoding } from "flatbuffers";

import { SnapshotError } from "./errors";

const OFFSET_BYTES = 4;
const OUTSIDE = "an offset or a length in the FlatBuffer points outside of it";

/** Throws SnapshotError before anything outside of the bytes is read. */
export class CheckedBuffer extends ByteBuffer {
  // All other numbers are read by way of these three.
  override readUint8(offset: number): number {
    this.require(offset, 1);
    return super.readUint8(offset);
  }
  override readUint16(offset: number): number {
    this.require(offset, 2);
    return super.readUint16(offset);
  }
  override readInt32(offset: number): number {
    this.require(offset, 4);
    return super.readInt32(offset);
  }

  override __offset(table: number, slot: number): number {
    const vtable = table - this.readInt32(table);
    return slot < this.readUint16(vtable) ? this.readUint16(vtable + slot) : 0;
  }
  // Offsets are unsigned, which the runtime does not say.
  override __indirect(offset: number): number {
    const target = offset + this.readUint32(offset);
    this.require(target, OFFSET_BYTES); // what it points to begins with an offset or a length
    return target;
  }
  override __vector(offset: number): number {
    return this.__indirect(offset) + OFFSET_BYTES;
  }
  override __vector_len(offset: number): number {
    const begin = this.__indirect(offset);
    const length = this.readUint32(begin);
    this.require(begin + OFFSET_BYTES, length); // an element has a byte at least; `column` asks for more
    return length;
  }
  override __string(offset: number, encoding?: Encoding): string | Uint8Array {
    this.__vector_len(offset);
    return super.__string(offset, encoding);
  }

  private require(begin: number, size: number): void {
    if (begin < 0 || begin + size > this.capacity()) throw new SnapshotError(OUTSIDE);
  }
}

/** A buffer of a FlatBuffer with this file identifier. */
export function checkedBuffer(data: Uint8Array, identifier: string): CheckedBuffer {
  const buffer = new CheckedBuffer(data);
  if (!buffer.__has_identifier(identifier)) throw new SnapshotError(`no file identifier ${identifier} at offset 4`);
  buffer.__indirect(0);
  return buffer;
}

type Column = Float32Array | Float64Array | Uint32Array | Uint16Array | Uint8Array | Int8Array;

/** The vector that an accessor of `data` gives, as a view of the file; `none` if it is absent. */
export function column<View extends Column>(data: Uint8Array, read: () => View | null, none: View): View {
  let values: View | null;
  try {
    values = read();
  } catch (error) {
    // What a typed array says of bytes beyond the file, or of an offset that is not aligned.
    throw error instanceof RangeError ? new SnapshotError(OUTSIDE) : error;
  }
  if (values === null) return none;
  if (values.byteOffset + values.byteLength > data.byteOffset + data.byteLength) throw new SnapshotError(OUTSIDE);
  return values;
}
