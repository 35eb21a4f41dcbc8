// Reads gaugeline's snapshots.
//
//   const snapshot = await gaugeline.open("data/snapshots/0000000012.snapshot");   // every byte verified
//   for (const chunk of snapshot.items.chunks) use(chunk.embeddings);              // a view of the file's bytes
//   snapshot.neighbors("login", 10);                                               // of a token, or of a vector
//   snapshot.score("user:17", 10);                                                 // of values: what is expected
//   gaugeline.translate(snapshot, earlier, "login", 10);                           // what stood there then
//   gaugeline.drift(earlier, snapshot, 10).tokens;                                 // trajectory: one token's way
//   gaugeline.checkComparable(snapshot, other);                                    // throws if they share no frame
import { endianness } from "node:os";

if (endianness() !== "LE") throw new Error("the numbers of a snapshot are little-endian, and are used where they lie");

export { drift, movement, trajectory, translate } from "./comparison";
export type { Drift, DriftingToken, Movement, TrajectoryPoint } from "./comparison";
export { NotComparableError, SnapshotError, UnknownTokenError } from "./errors";
export type { FrameCheck } from "./frame";
export type { Candidates, Encoding, SourcePosition, Summary } from "./manifest";
export type { Chunk, Row, Table, Token } from "./rows";
export { checkComparable, open } from "./snapshot";
export type { Neighbor, ScoredContext, Snapshot } from "./snapshot";
