// The tables of a snapshot: chunks of rows as views of the file (formats/schema/rows.fbs).
import { checkedBuffer, column } from "./checked_buffer";
import { SnapshotError } from "./errors";
import { Candidates, ChunkPlace, Encoding, splits, Summary } from "./manifest";
import { Rows } from "./rows_generated";

export type Token = string | Uint8Array;

const EMBEDDING_ALIGNMENT = 32;
const COLUMNS = [
  "precision",
  "diffusion",
  "count",
  "uses",
  "nullVariance",
  "logRetention",
  "frequency",
  "gradientEnergy",
] as const;
const OPTIONAL_COLUMNS = ["offset", "offsetPrecision", "baselineOffset", "baselinePrecision", "anchorTime"] as const;
type Column = (typeof COLUMNS)[number] | (typeof OPTIONAL_COLUMNS)[number] | "embeddingScale" | "anchor";
type Stored = Float32Array | Uint16Array | Int8Array;

/** Consecutive rows of one table. All arrays but `embeddings` are views of the file, with an entry a row. */
export interface Chunk {
  readonly firstRow: number;
  readonly rows: number;
  readonly encoding: Encoding;
  readonly stored: Stored; // rows x dimension, row-major: float32, the upper halves of float32 (bfloat16), or int8
  readonly embeddingScale: Float32Array; // what int8 is times; empty in other encodings
  readonly embeddings: Float32Array; // rows x dimension: `stored` if that is float32, else decoded anew
  readonly precision: Float32Array; // posterior, per coordinate
  readonly diffusion: Float32Array; // variance gained per coordinate and time unit
  readonly count: Float32Array; // observations, faded
  readonly uses: Float32Array; // in the last slice
  readonly nullVariance: Float32Array;
  readonly logRetention: Float32Array;
  readonly frequency: Float32Array; // uses, faded: the lowest are replaced first
  readonly gradientEnergy: Float32Array;
  readonly born: Uint32Array; // with the token, one life of a row
  readonly offset: Float32Array; // this and the next three: empty where the model has no offsets
  readonly offsetPrecision: Float32Array;
  readonly baselineOffset: Float32Array;
  readonly baselinePrecision: Float32Array;
  readonly anchor: Float32Array; // rows x dimension; empty, as the next, where the learner keeps no anchors
  readonly anchorTime: Float32Array;
  readonly tokenBytes: Uint8Array; // token i is [tokenEnds[i-1], tokenEnds[i]); empty where the items' are used
  readonly tokenEnds: Uint32Array;
  readonly tokenOrder: Uint32Array; // the rows by rising token; empty in files of earlier programs
}

/** Reads a chunk, whose checksum the caller has compared or not. Throws SnapshotError if its shape is wrong. */
export function readChunk(data: Uint8Array, place: ChunkPlace, summary: Summary, tokensStored: boolean): Chunk {
  const source = Rows.getRootAsRows(checkedBuffer(data, "GLRC"));
  const rows = place.rowCount;
  const { encoding } = summary;
  const { dimension } = summary.options;
  const whole = encoding === "float32"; // others have no anchors
  const floats = (name: Column, ...sizes: number[]): Float32Array =>
    sized(name, column(data, () => source[`${name}Array`](), new Float32Array()), rows, sizes);
  const numbers = (name: "born" | "tokenEnds" | "tokenOrder", ...sizes: number[]): Uint32Array =>
    sized(name, column(data, () => source[`${name}Array`](), new Uint32Array()), rows, sizes);
  const tokens = tokensStored ? rows : 0;
  const chunk = {
    firstRow: place.firstRow,
    rows,
    encoding,
    stored: storedEmbeddings(source, data, rows, dimension, encoding),
    embeddingScale: floats("embeddingScale", encoding === "int8" ? rows : 0),
    get embeddings(): Float32Array {
      return decodeRows(this, 0, rows, dimension);
    },
    ...(Object.fromEntries([
      ...COLUMNS.map((name) => [name, floats(name, rows)]),
      ...OPTIONAL_COLUMNS.map((name) => [name, floats(name, 0, rows)]),
    ]) as Record<(typeof COLUMNS)[number] | (typeof OPTIONAL_COLUMNS)[number], Float32Array>),
    born: numbers("born", rows),
    anchor: floats("anchor", 0, whole ? rows * dimension : 0),
    tokenBytes: column(data, () => source.tokenBytesArray(), new Uint8Array()),
    tokenEnds: numbers("tokenEnds", tokens),
    tokenOrder: numbers("tokenOrder", 0, tokens),
  };
  if ((chunk.stored.byteOffset - data.byteOffset) % EMBEDDING_ALIGNMENT !== 0)
    throw new SnapshotError("row chunk: the embeddings are not aligned");
  if (!whole && chunk.anchorTime.length > 0)
    throw new SnapshotError(`row chunk: anchors beside embeddings as ${encoding}`);
  if (!splits(chunk.tokenBytes, chunk.tokenEnds))
    throw new SnapshotError("row chunk: the ends of the tokens do not fit their bytes");
  if (chunk.tokenOrder.some((row) => row >= tokens))
    throw new SnapshotError(`row chunk: tokenOrder names a row beyond the ${tokens} that there are`);
  return chunk;
}

// The column of the encoding; those of the others are absent.
function storedEmbeddings(
  source: Rows,
  data: Uint8Array,
  rows: number,
  dimension: number,
  encoding: Encoding,
): Stored {
  const columns: Record<Encoding, Stored> = {
    float32: column(data, () => source.embeddingsArray(), new Float32Array()),
    bfloat16: column(data, () => source.embeddingsBfloat16Array(), new Uint16Array()),
    int8: column(data, () => source.embeddingsInt8Array(), new Int8Array()),
  };
  for (const [name, { length }] of Object.entries(columns))
    if (length !== (name === encoding ? rows * dimension : 0))
      throw new SnapshotError(`row chunk: embeddings as ${name} have ${length} entries for ${rows} rows as ${encoding}`);
  return columns[encoding];
}

type Embeddings = Pick<Chunk, "encoding" | "stored" | "embeddingScale">;

// Rows begin to end - 1 as float32: a view if they are stored so.
function decodeRows(chunk: Embeddings, begin: number, end: number, dimension: number): Float32Array {
  const stored = chunk.stored.subarray(begin * dimension, end * dimension);
  if (stored instanceof Float32Array) return stored;
  if (stored instanceof Uint16Array) {
    const words = Uint32Array.from(stored, (half) => half << 16);
    return new Float32Array(words.buffer);
  }
  const numbers = Float32Array.from(stored);
  for (let i = 0; i < numbers.length; ++i) numbers[i] *= chunk.embeddingScale[begin + Math.floor(i / dimension)];
  return numbers;
}

/** The embedding of a row as float32: a view of the file's bytes if they are that. */
export function decodeRow(chunk: Chunk, index: number, dimension: number): Float32Array {
  return decodeRows(chunk, index, index + 1, dimension);
}

function sized<View extends Float32Array | Uint32Array>(
  name: string,
  values: View,
  rows: number,
  sizes: number[],
): View {
  if (!sizes.includes(values.length))
    throw new SnapshotError(`row chunk: ${name} has ${values.length} entries for ${rows} rows`);
  return values;
}

/** Whether a row has been learnt from: the count fades and can vanish; what is retained of the start only falls. */
export function isKnown(chunk: Chunk, index: number): boolean {
  return chunk.count[index] > 0 || chunk.logRetention[index] < 0;
}

export interface Row {
  readonly token: string;
  readonly embedding: Float32Array; // a view of the file if it stores float32
  readonly precision: number;
  readonly uses: number;
  readonly born: number; // with the token, one life of the row
  readonly nullVariance: number; // of the embedding per coordinate, if the item stood still
  readonly logRetention: number;
}

/** One side of a snapshot, items or contexts. Tokens are UTF-8 by convention; other bytes become U+FFFD in strings. */
export class Table {
  readonly length: number; // rows
  private readonly tokensOf: Table;
  private readonly text = new TextDecoder("utf-8", { ignoreBOM: true });

  constructor(
    private readonly name: string,
    private readonly dimension: number,
    readonly chunks: readonly Chunk[],
    readonly candidates: Candidates,
    tokensOf?: Table,
  ) {
    this.tokensOf = tokensOf ?? this;
    const last = chunks[chunks.length - 1];
    this.length = last ? last.firstRow + last.rows : 0;
  }

  /** RangeError if there is no such row, as for all that takes a row. */
  tokenBytes(row: number): Uint8Array {
    const [chunk, index] = this.tokensOf.place(row);
    return tokenAt(chunk, index);
  }
  token(row: number): string {
    return this.text.decode(this.tokenBytes(row));
  }
  /** All tokens, by row; builds an array. */
  get tokens(): string[] {
    return Array.from({ length: this.length }, (_, row) => this.token(row));
  }

  embedding(row: number): Float32Array {
    const [chunk, index] = this.place(row);
    return decodeRow(chunk, index, this.dimension);
  }
  row(row: number): Row {
    const [chunk, index] = this.place(row);
    return {
      token: this.token(row),
      embedding: this.embedding(row),
      precision: chunk.precision[index],
      uses: chunk.uses[index],
      born: chunk.born[index],
      nullVariance: chunk.nullVariance[index],
      logRetention: chunk.logRetention[index],
    };
  }
  /** Of values; 0 where the model has no offsets. */
  offset(row: number): number {
    const [chunk, index] = this.place(row);
    return chunk.offset[index] ?? 0;
  }
  /** Whether the row has been learnt from; one that was only admitted stands nowhere yet. */
  known(row: number): boolean {
    return isKnown(...this.place(row));
  }

  /** The row of a token, null if it has none. Binary search in each chunk: O(chunks log(rows)).
   *
   * SnapshotError: the file was written before snapshots held an order of tokens. */
  find(token: Token): number | null {
    const wanted = typeof token === "string" ? new TextEncoder().encode(token) : token;
    for (const chunk of this.tokensOf.chunks) {
      if (chunk.tokenOrder.length === 0)
        throw new SnapshotError(`${this.name}: holds no order of its tokens: an earlier program wrote it`);
      const place = lowerBound(chunk.tokenOrder, (row) => compare(tokenAt(chunk, row), wanted) < 0);
      const row = chunk.tokenOrder[place];
      if (row !== undefined && compare(tokenAt(chunk, row), wanted) === 0) return chunk.firstRow + row;
    }
    return null;
  }

  private place(row: number): [Chunk, number] {
    if (!(row >= 0 && row < this.length))
      throw new RangeError(`${this.name}: row ${row} does not exist: there are ${this.length}`);
    const chunk = this.chunks[lowerBound(this.chunks, (candidate) => candidate.firstRow <= row) - 1];
    return [chunk, row - chunk.firstRow];
  }
}

function tokenAt(chunk: Chunk, index: number): Uint8Array {
  return chunk.tokenBytes.subarray(index === 0 ? 0 : chunk.tokenEnds[index - 1], chunk.tokenEnds[index]);
}

// How many of the first elements are below what is looked for.
function lowerBound<Element>(sorted: ArrayLike<Element>, below: (element: Element) => boolean): number {
  let [begin, end] = [0, sorted.length];
  while (begin < end) {
    const middle = (begin + end) >>> 1;
    if (below(sorted[middle])) begin = middle + 1;
    else end = middle;
  }
  return begin;
}

// Byte by byte, as the file's order is.
function compare(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; ++i) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
