// A snapshot file, checked, with its tables as views of its bytes.
import { open as openFile } from "node:fs/promises";

import { located, SnapshotError, UnknownTokenError } from "./errors";
import { checkCanaries, checkFrames, dot, FrameCheck } from "./frame";
import { alignedUp, checkHeader, Checksum, readFooter, requireZero, xxh3 } from "./layout";
import { ChunkPlace, CONTEXTS, ITEMS, Manifest, readManifest, Summary } from "./manifest";
import { Chunk, decodeRow, isKnown, readChunk, Table, Token } from "./rows";
import { ValuesT } from "./snapshot_generated";

const MOST_BYTES_AT_ONCE = 2 ** 30; // a read has a signed 32-bit length

export interface Neighbor {
  readonly token: string;
  readonly similarity: number; // cosine
  readonly row: number;
  readonly uses: number; // in the slice
}

export interface ScoredContext {
  readonly token: string;
  readonly score: number;
  readonly row: number;
}

/** The learner's state after one slice: `open` makes one. Arrays are views of the file's bytes, not to be written. */
export class Snapshot {
  readonly summary: Summary;
  readonly items: Table;
  readonly contexts: Table;
  readonly contextsShareTokens: boolean; // context row i has the token of item row i
  readonly rotation: Float64Array; // dimension x dimension, row-major: what the gauge step applied to the slice
  readonly values: ValuesT; // what the Gaussian model believes of the values
  readonly canaryRows: Uint32Array; // rising rows of items that were best known before the slice
  readonly canaryBefore: Float32Array; // canaries x dimension: their embeddings in the parent

  /** @internal */
  constructor(private readonly name: string, file: Uint8Array, checksum: Checksum, verify: boolean) {
    const version = checkHeader(file);
    const footer = readFooter(file, version, checksum);
    const data = file.subarray(footer.manifestOffset, footer.manifestOffset + footer.manifestBytes);
    if (checksum(data) !== footer.manifestChecksum)
      throw new SnapshotError(`offset ${footer.manifestOffset}: the manifest is damaged`);
    const manifest = located("manifest", () => readManifest(data, footer, file.length, version, checksum));
    this.summary = manifest.summary;
    this.contextsShareTokens = manifest.contextsShareTokens;
    this.rotation = manifest.rotation;
    this.values = manifest.values;
    this.canaryRows = manifest.canaryRows;
    this.canaryBefore = manifest.canaryBefore;
    const chunksOf = (side: number) =>
      manifest.places
        .filter((place) => place.side === side)
        .map((place) =>
          located(`offset ${place.offset}`, () => checkedChunk(file, place, manifest, verify ? checksum : null)),
        );
    const dimension = this.summary.options.dimension;
    this.items = new Table(name, dimension, chunksOf(ITEMS), manifest.candidates[ITEMS]);
    const shared = manifest.contextsShareTokens ? this.items : undefined;
    this.contexts = new Table(name, dimension, chunksOf(CONTEXTS), manifest.candidates[CONTEXTS], shared);
    if (shared && this.items.length !== this.contexts.length)
      throw new SnapshotError("the contexts have the items' tokens, but not as many rows");
  }

  /** The row of an item, null if it has none: as items.find. */
  find(token: Token): number | null {
    return this.items.find(token);
  }

  /** The row of an item that has been learnt from, null if it has none: only such rows are answers. */
  findKnown(token: Token): number | null {
    const row = this.find(token);
    return row !== null && this.items.known(row) ? row : null;
  }

  /** As findKnown. UnknownTokenError: there is none. */
  require(token: Token): number {
    const row = this.findKnown(token);
    if (row !== null) return row;
    const spelling = typeof token === "string" ? token : new TextDecoder().decode(token);
    throw new UnknownTokenError(
      `${this.name}: the token '${spelling}' is not known in slice ${this.summary.report.slice}`,
    );
  }

  /** The k items most similar by cosine to an item, which is left out itself, or to a vector: best first (ties: lower row
   * first), of those used minUses times in the slice. UnknownTokenError as for require. O(rows dimension). */
  neighbors(near: Token | Float32Array, k: number, minUses = 0): Neighbor[] {
    const itself = near instanceof Float32Array ? null : this.require(near);
    const vector = near instanceof Float32Array ? near : this.items.embedding(this.require(near));
    const { dimension } = this.summary.options;
    if (vector.length !== dimension)
      throw new RangeError(`a vector of ${vector.length} numbers; there are ${dimension} in a row`);
    const found: { similarity: number; row: number; uses: number }[] = [];
    for (const chunk of this.items.chunks)
      for (let index = 0; index < chunk.rows; ++index) {
        const [row, uses] = [chunk.firstRow + index, chunk.uses[index]];
        if (row === itself || !isKnown(chunk, index) || uses < minUses) continue;
        const similarity = cosine(decodeRow(chunk, index, dimension), vector);
        if (similarity !== null) found.push({ similarity, row, uses });
      }
    found.sort((a, b) => b.similarity - a.similarity || a.row - b.row);
    return found.slice(0, Math.max(k, 0)).map((neighbor) => ({ token: this.items.token(neighbor.row), ...neighbor }));
  }

  /** cos(u_a, u_b) of two items, in [-1, 1]; 0 if either vector is zero. UnknownTokenError as for require. */
  similarity(a: Token, b: Token): number {
    return cosine(this.items.embedding(this.require(a)), this.items.embedding(this.require(b))) ?? 0;
  }

  /** The k contexts with the highest score for an item, of all that were ever in data (ties: lower row first). For values
   * that is mu + a_i + b_j + u_i . v_j, the expected value; for skip-gram u_i . v_j. UnknownTokenError as for require.
   * O(rows dimension). */
  score(item: Token, k: number): ScoredContext[] {
    const place = this.require(item);
    const base = this.values.mean + this.items.offset(place);
    const vector = this.items.embedding(place);
    const found: { score: number; row: number }[] = [];
    for (const chunk of this.contexts.chunks)
      for (let index = 0; index < chunk.rows; ++index) {
        if (!(chunk.nullVariance[index] > 0)) continue;
        const product = dot(decodeRow(chunk, index, vector.length), vector);
        found.push({ score: base + (chunk.offset[index] ?? 0) + product, row: chunk.firstRow + index });
      }
    found.sort((a, b) => b.score - a.score || a.row - b.row);
    return found.slice(0, Math.max(k, 0)).map((context) => ({ token: this.contexts.token(context.row), ...context }));
  }

  /** Whether the frame turned in this slice, by the rows that were best known before it. O(dimension^3). */
  checkFrame(): FrameCheck {
    const now = Array.from(this.canaryRows, (row) => this.items.embedding(row));
    return checkCanaries(now, this.canaryBefore, this.summary.options.dimension);
  }
}

/** Reads a snapshot and checks it: with `verify` every byte against its checksum; otherwise header, footer and manifest
 * alone, and the structure of all parts, so that a damaged file gives errors or wrong figures, but nothing is read
 * outside of it. Ranges of figures are the writer's to check. O(file).
 *
 * Rejects with SnapshotError: the file is not a whole snapshot; with the error of node:fs: it cannot be read. */
export async function open(path: string, verify = true): Promise<Snapshot> {
  const [file, checksum] = await Promise.all([readWhole(path), xxh3()]);
  return located(path, () => new Snapshot(path, file, checksum, verify));
}

/** Two snapshots share a frame if they are of the same run and dimension, the run fixes the gauge, and both or neither
 * are a smoother's. Throws NotComparableError with the first reason that speaks against it. */
export function checkComparable(a: Snapshot, b: Snapshot): void {
  checkFrames(a.summary, b.summary);
}

// A memory of its own, so that parts are aligned in it as in the file.
async function readWhole(path: string): Promise<Uint8Array> {
  const file = await openFile(path);
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    for (let begin = 0; begin < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, begin, Math.min(bytes.length - begin, MOST_BYTES_AT_ONCE), begin);
      if (bytesRead === 0) return bytes.subarray(0, begin); // cut short meanwhile, which the footer will tell
      begin += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

// Every byte is verified if `checksum` is given.
function checkedChunk(file: Uint8Array, place: ChunkPlace, manifest: Manifest, checksum: Checksum | null): Chunk {
  const end = place.offset + place.length;
  const data = file.subarray(place.offset, end);
  if (checksum) {
    if (checksum(data) !== place.checksum) throw new SnapshotError("a row chunk is damaged");
    requireZero(file.subarray(end, alignedUp(end)), "the padding after a row chunk is");
  }
  const tokensStored = place.side === ITEMS || !manifest.contextsShareTokens;
  return readChunk(data, place, manifest.summary, tokensStored);
}

/** dot / sqrt(|a|^2 |b|^2) in float, clamped to [-1, 1]; null if a squared norm is 0 or not finite in float. */
export function cosine(a: Float32Array, b: Float32Array): number | null {
  const [aa, bb] = [Math.fround(dot(a, a)), Math.fround(dot(b, b))];
  if (!(aa > 0 && bb > 0 && aa < Infinity && bb < Infinity)) return null;
  const quotient = Math.fround(Math.fround(dot(a, b)) / Math.fround(Math.sqrt(aa * bb)));
  return Math.min(1, Math.max(-1, quotient));
}
