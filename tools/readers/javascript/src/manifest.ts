// The manifest of a snapshot: lineage, options, report, and where the rows lie (formats/schema/snapshot.fbs).
import { checkedBuffer, column } from "./checked_buffer";
import { SnapshotError } from "./errors";
import { alignedUp, Checksum, Footer, HEADER_BYTES, viewOf } from "./layout";
import { ChunkT, Manifest as Source, OptionsT, ReportT, ValuesT } from "./snapshot_generated";

// The options in the order of the schema, each in its width (B: 1, I: 4, Q: 8 bytes, f, d): what their digest is of. The
// last one, passSlices, is not there if it is 0.
const OPTION_TYPES = "BBBQIfffffdIIIfIIIfIIIIIIIBffIfIfffI";
const MOST_DIMENSIONS = 1024;
const MOST_ROWS = 2 ** 32 - 1;
export const ITEMS = 0;
export const CONTEXTS = 1;

/** What the numbers of embeddings are in the file, in the order of their codes. */
export const ENCODINGS = ["float32", "bfloat16", "int8"] as const;
export type Encoding = (typeof ENCODINGS)[number];
const BYTES_PER_NUMBER = { float32: 4, bfloat16: 2, int8: 1 };

/** How far a source has been read: the number of its last message that is in the snapshot. */
export interface SourcePosition {
  readonly name: string;
  readonly sequence: bigint;
}

/** What a snapshot says about itself. Options and report have the fields of Options and SliceReport in C++. */
export interface Summary {
  readonly run: string;
  readonly program: string;
  readonly parentChecksum: bigint; // 0 for the first of a run
  readonly smoothed: boolean; // embeddings and precisions are told by later slices too
  readonly encoding: Encoding; // of embeddings in the file
  readonly checksum: bigint; // of the snapshot: stands for every byte of the file
  readonly bytes: number; // of the file
  readonly options: OptionsT;
  readonly optionsDigest: bigint;
  readonly report: ReportT; // `begin` and `end` in microseconds since 1970
  readonly sources: readonly SourcePosition[];
  readonly timeUnitSeconds: number;
}

/** Where a chunk of rows lies in the file. */
export interface ChunkPlace {
  readonly offset: number;
  readonly length: number;
  readonly checksum: bigint;
  readonly firstRow: number;
  readonly rowCount: number;
  readonly side: number;
}

/** The tokens that have no row, as a sketch; both are empty if there are none. */
export interface Candidates {
  readonly hashes: BigUint64Array;
  readonly counts: Float32Array; // faded uses
}

export interface Manifest {
  readonly summary: Summary;
  readonly places: readonly ChunkPlace[]; // of items, then of contexts
  readonly contextsShareTokens: boolean;
  readonly rotation: Float64Array;
  readonly values: ValuesT;
  readonly canaryRows: Uint32Array;
  readonly canaryBefore: Float32Array;
  readonly candidates: readonly [Candidates, Candidates]; // of items and of contexts
}

/** Reads the manifest, whose checksum the caller has compared. Throws SnapshotError. */
export function readManifest(
  data: Uint8Array,
  footer: Footer,
  fileBytes: number,
  version: number,
  checksum: Checksum,
): Manifest {
  const source = Source.getRootAsManifest(checkedBuffer(data, "GLSN"));
  const encoding = readEncoding(source, version);
  const [run, program, values] = [source.run(), source.program(), source.values()?.unpack()];
  const [options, report] = [source.options()?.unpack(), source.report()?.unpack()];
  if (run === null || program === null || !options || !report || !values)
    throw new SnapshotError("the run, the program, the options, the report or the values are missing");
  options.passSlices ??= 0;
  const digest = optionsDigest(options, checksum);
  if (source.optionsDigest() !== 0n && source.optionsDigest() !== digest)
    throw new SnapshotError("the options do not fit their digest");
  const dimension = options.dimension;
  if (dimension < 1 || dimension > MOST_DIMENSIONS)
    throw new SnapshotError(`options: dimension is ${dimension}, not 1 to ${MOST_DIMENSIONS}`);
  const places = readPlaces(source);
  const rows = checkPlaces(places, dimension * BYTES_PER_NUMBER[encoding], footer.manifestOffset);
  const rotation = column(data, () => source.rotationArray(), new Float64Array());
  if (rotation.length !== dimension * dimension)
    throw new SnapshotError(`rotation: ${rotation.length} numbers are not ${dimension} x ${dimension}`);
  return {
    summary: {
      run,
      program,
      parentChecksum: source.parentChecksum(),
      smoothed: source.smoothed(),
      encoding,
      checksum: footer.checksum,
      bytes: fileBytes,
      options,
      optionsDigest: digest,
      report,
      sources: readSources(source, data),
      timeUnitSeconds: source.timeUnitSeconds(),
    },
    places,
    contextsShareTokens: source.contextsShareTokens(),
    rotation,
    values,
    ...readCanaries(source, data, rows[ITEMS], dimension),
    candidates: [
      candidates(
        wholeNumbers(source.itemCandidateHashesLength(), (i) => source.itemCandidateHashes(i)),
        column(data, () => source.itemCandidateCountsArray(), new Float32Array()),
      ),
      candidates(
        wholeNumbers(source.contextCandidateHashesLength(), (i) => source.contextCandidateHashes(i)),
        column(data, () => source.contextCandidateCountsArray(), new Float32Array()),
      ),
    ],
  };
}

/** Whether the ends never fall and the last one is the number of bytes, so that a list of tokens can be read. */
export function splits(data: Uint8Array, ends: Uint32Array): boolean {
  return ends.every((end, i) => i === 0 || end >= ends[i - 1]) && (ends.at(-1) ?? 0) === data.length;
}

function readEncoding(source: Source, version: number): Encoding {
  if (source.version() !== version)
    throw new SnapshotError(`format version ${source.version()}, but the header says ${version}`);
  const code = source.encoding() ?? 0;
  const encoding = ENCODINGS[code];
  if (!encoding) throw new SnapshotError(`this program does not know encoding ${code}`);
  if ((code === 0) !== (version === 1))
    throw new SnapshotError(`encoding ${code} in a file of format version ${version}`);
  return encoding;
}

function optionsDigest(options: OptionsT, checksum: Checksum): bigint {
  const bytes = new Uint8Array(8 * OPTION_TYPES.length);
  const view = viewOf(bytes);
  let size = 0;
  Object.values(options).forEach((value, i) => {
    switch (OPTION_TYPES[i]) {
      case "B": view.setUint8(size, value); size += 1; break;
      case "I": view.setUint32(size, value, true); size += 4; break;
      case "Q": view.setBigUint64(size, value, true); size += 8; break;
      case "f": view.setFloat32(size, value, true); size += 4; break;
      default: view.setFloat64(size, value, true); size += 8; break;
    }
  });
  return checksum(bytes.subarray(0, options.passSlices === 0 ? size - 4 : size)) || 1n;
}

function readPlaces(source: Source): ChunkPlace[] {
  const places: ChunkPlace[] = [];
  for (let index = 0; index < source.chunksLength(); ++index) {
    const chunk = source.chunks(index)?.unpack() ?? new ChunkT();
    if (chunk.reserved !== 0) throw new SnapshotError(`chunks[${index}]: the reserved bytes are not zero`);
    const { checksum, firstRow, rowCount, side } = chunk;
    places.push({ offset: Number(chunk.offset), length: Number(chunk.length), checksum, firstRow, rowCount, side });
  }
  return places;
}

// That the chunks cover the rows in order, and the bytes from header to manifest. Returns the rows of each side.
function checkPlaces(places: readonly ChunkPlace[], embeddingBytes: number, manifestOffset: number): number[] {
  const rows = [0, 0];
  let due = HEADER_BYTES;
  let side = ITEMS;
  places.forEach(({ offset, length, firstRow, rowCount, ...place }, index) => {
    if (place.side < side || place.side > CONTEXTS || firstRow !== rows[place.side])
      throw new SnapshotError(`chunks[${index}]: row ${firstRow} of side ${place.side} does not come here`);
    side = place.side;
    if (offset !== due || length > manifestOffset - due)
      throw new SnapshotError(
        `chunks[${index}]: ${length} bytes at offset ${offset} overlap something or leave a gap; offset ${due} is due`,
      );
    if (rowCount === 0 || rowCount * embeddingBytes > length)
      throw new SnapshotError(
        `chunks[${index}]: ${length} bytes cannot hold ${rowCount} rows of ${embeddingBytes} bytes`,
      );
    rows[side] += rowCount;
    if (rows[side] >= MOST_ROWS) throw new SnapshotError(`chunks[${index}]: more than 2^32 rows`);
    due = alignedUp(due + length);
  });
  if (due !== manifestOffset)
    throw new SnapshotError(`chunks: they end at offset ${due}, but the manifest begins at ${manifestOffset}`);
  return rows;
}

function readCanaries(source: Source, data: Uint8Array, items: number, dimension: number) {
  const canaryRows = column(data, () => source.canaryRowsArray(), new Uint32Array());
  const canaryBefore = column(data, () => source.canaryBeforeArray(), new Float32Array());
  if (canaryBefore.length !== canaryRows.length * dimension)
    throw new SnapshotError(
      `${canaryBefore.length} numbers for ${canaryRows.length} canaries of dimension ${dimension}`,
    );
  if (canaryRows.some((row, i) => row >= items || (i > 0 && row <= canaryRows[i - 1])))
    throw new SnapshotError(`the canaries are not rising rows of ${items}`);
  return { canaryRows, canaryBefore };
}

function candidates(hashes: BigUint64Array, counts: Float32Array): Candidates {
  if (hashes.length !== counts.length)
    throw new SnapshotError(`a sketch of candidates has ${counts.length} counts for ${hashes.length} hashes`);
  return { hashes, counts };
}

function readSources(source: Source, data: Uint8Array): SourcePosition[] {
  const names = column(data, () => source.sourceNameBytesArray(), new Uint8Array());
  const ends = column(data, () => source.sourceNameEndsArray(), new Uint32Array());
  const sequences = wholeNumbers(source.sourceSequencesLength(), (i) => source.sourceSequences(i));
  if (!splits(names, ends) || ends.length !== sequences.length)
    throw new SnapshotError("the sources' names and sequence numbers do not fit each other");
  const text = new TextDecoder("utf-8", { ignoreBOM: true });
  return Array.from(sequences, (sequence, s) => ({
    name: text.decode(names.subarray(s === 0 ? 0 : ends[s - 1], ends[s])),
    sequence,
  }));
}

// Copied: flatc gives no views of numbers of 64 bits.
function wholeNumbers(length: number, at: (index: number) => bigint | null): BigUint64Array {
  return BigUint64Array.from({ length }, (_, i) => at(i) ?? 0n);
}
