// How items move from snapshot to snapshot of one run, which share a frame. Those that share none are refused.
import { NotComparableError } from "./errors";
import { isKnown, Row, Table, Token } from "./rows";
import { checkComparable, cosine, Neighbor, Snapshot } from "./snapshot";

/** How far an item moved from one snapshot to a later one. */
export interface Movement {
  readonly distance: number; // |z_to - z_from|
  readonly displacement: number; // in units of its uncertainty: about 1 for an item that stood still
  readonly similarity: number; // cos(z_from, z_to)
}

export interface DriftingToken {
  readonly token: string;
  readonly movement: Movement;
  readonly usesFrom: number;
  readonly usesTo: number;
  readonly neighborsFrom: Neighbor[]; // the nearest, best first
  readonly neighborsTo: Neighbor[];
  readonly gained: string[]; // neighbours of the later snapshot alone
  readonly lost: string[]; // neighbours of the earlier snapshot alone
}

export interface Drift {
  readonly overdispersion: number; // what squared displacements were divided by: even rows at rest move more than expected
  readonly compared: number; // items that met the conditions
  readonly tokens: DriftingToken[]; // largest displacement first
}

export interface TrajectoryPoint {
  readonly slice: bigint;
  readonly begin: bigint; // of the slice's interval, in microseconds since 1970
  readonly uses: number;
  readonly born: number; // the slice in which this life of the token began: where it changes, the token begins anew
  readonly sinceFirst: Movement; // since the first point of this life
  readonly similarities: (number | null)[]; // to the other tokens, in their order; null: not known yet
  readonly neighbors: Neighbor[]; // empty if other tokens were given
}

/** Which items of `after` stand where `token` stood in `before`: the k most similar by cosine, best first, of those used
 * minUses times in `after`. The token itself may be one. Either snapshot may be the earlier one.
 *
 * NotComparableError: they share no frame. UnknownTokenError: the token is not known in `before`. */
export function translate(before: Snapshot, after: Snapshot, token: Token, k: number, minUses = 0): Neighbor[] {
  checkComparable(before, after);
  return after.neighbors(before.items.embedding(before.require(token)), k, minUses);
}

/** The k items that moved most, of those used minUses times in both slices but for the `skipCommonest` most used of all,
 * which move for grammar's sake. Displacements are those of `gaugeline query drift`; whether they are more than chance
 * takes the slices in between, and is for that command and the daemon to say.
 *
 * NotComparableError: they share no frame. RangeError: the first one is the later one. O(rows dimension) and
 * O(rows dimension) for every item told. */
export function drift(
  before: Snapshot,
  after: Snapshot,
  k: number,
  { minUses = 100, skipCommonest = 100, neighbors = 5 } = {},
): Drift {
  const pair = comparePair(before, after);
  const totals = [before, after].map((snapshot) => Math.max(1, totalUses(snapshot.items)));
  const share = ({ was, is }: Compared) => was.uses / totals[0] + is.uses / totals[1];
  const compared = [...pair.rows]
    .sort((a, b) => share(b) - share(a) || a.from - b.from)
    .slice(Math.max(skipCommonest, 0))
    .filter(({ was, is }) => was.uses >= minUses && is.uses >= minUses);
  const largest = [...compared].sort((a, b) => b.ratio - a.ratio || a.from - b.from).slice(0, Math.max(k, 0));
  const tokens = largest.map((row) => {
    const token = before.items.tokenBytes(row.from);
    const neighborsFrom = before.neighbors(token, neighbors, minUses);
    const neighborsTo = after.neighbors(token, neighbors, minUses);
    return {
      token: row.was.token,
      movement: movementOf(row, pair.overdispersion),
      usesFrom: row.was.uses,
      usesTo: row.is.uses,
      neighborsFrom,
      neighborsTo,
      gained: beyond(neighborsTo, neighborsFrom),
      lost: beyond(neighborsFrom, neighborsTo),
    };
  });
  return { overdispersion: pair.overdispersion, compared: compared.length, tokens };
}

/** A point for each of the snapshots, which are in order of time, that knows the token: beside what it stood, and how far
 * it has moved since it was first known. With `others` it tells the similarity to these, else the k nearest items.
 *
 * NotComparableError: they share no frame. RangeError: they are not in order. UnknownTokenError: none of them knows the
 * token, or the last not all of the others. */
export function trajectory(
  snapshots: readonly Snapshot[],
  token: Token,
  { others = [] as readonly Token[], k = 5, minUses = 0 } = {},
): TrajectoryPoint[] {
  const points: TrajectoryPoint[] = [];
  let first: Snapshot | undefined;
  for (const snapshot of snapshots) {
    checkComparable(snapshots[0], snapshot);
    const row = snapshot.findKnown(token);
    if (row === null) continue;
    const { uses, born } = snapshot.items.row(row);
    if (!first || born !== points[points.length - 1].born) first = snapshot;
    points.push({
      slice: snapshot.summary.report.slice,
      begin: snapshot.summary.report.begin,
      uses,
      born,
      sinceFirst: movement(first, snapshot, token),
      similarities: others.map((other) =>
        snapshot.findKnown(other) === null ? null : snapshot.similarity(token, other),
      ),
      neighbors: others.length > 0 ? [] : snapshot.neighbors(token, k, minUses),
    });
  }
  const last = snapshots[snapshots.length - 1];
  if (last) for (const wanted of points.length > 0 ? others : [token]) last.require(wanted);
  return points;
}

/** How far one item moved between two snapshots, the earlier one first. O(rows dimension): what rows at rest do is read
 * off all of them.
 *
 * NotComparableError: they share no frame, or the token lost its row in between and began anew. UnknownTokenError: one of
 * them does not know it. RangeError: the first one is the later one. */
export function movement(before: Snapshot, after: Snapshot, token: Token): Movement {
  const from = before.require(token);
  const to = after.require(token);
  const pair = comparePair(before, after);
  const found = pair.rows.find((row) => row.from === from && row.to === to);
  if (!found)
    throw new NotComparableError(
      `the token '${before.items.token(from)}' began anew in between, and two lives cannot be compared`,
    );
  return movementOf(found, pair.overdispersion);
}

// An item that is known in two snapshots, in the same life.
interface Compared {
  readonly from: number; // rows
  readonly to: number;
  readonly was: Row;
  readonly is: Row;
  readonly distance: number;
  readonly ratio: number; // |z_to - z_from|^2 over what it would be at rest; 0 where that is 0
}

function comparePair(before: Snapshot, after: Snapshot): { rows: Compared[]; overdispersion: number } {
  checkComparable(before, after);
  const slices = [before, after].map((snapshot) => snapshot.summary.report.slice);
  if (slices[0] > slices[1]) // what a row retains of its start falls with time: turned round, figures were nonsense
    throw new RangeError(`slice ${slices[0]} is later than slice ${slices[1]}: the earlier snapshot comes first`);
  const rows: Compared[] = [];
  const dimension = before.summary.options.dimension;
  for (const chunk of before.items.chunks)
    for (let index = 0; index < chunk.rows; ++index) {
      if (!isKnown(chunk, index)) continue;
      const from = chunk.firstRow + index;
      const to = after.findKnown(before.items.tokenBytes(from));
      if (to === null) continue;
      const [was, is] = [before.items.row(from), after.items.row(to)];
      if (was.born !== is.born) continue;
      const squared = squaredDistance(was.embedding, is.embedding);
      const expected = dimension * varianceAtRest(was, is);
      const ratio = expected > 0 ? Math.fround(squared / expected) : 0;
      rows.push({ from, to, was, is, distance: Math.fround(Math.sqrt(squared)), ratio });
    }
  const atWork = rows.filter(({ was, is, ratio }) => was.uses > 0 && is.uses > 0 && ratio > 0);
  return { rows, overdispersion: overdispersionOf(atWork.map(({ ratio }) => ratio), dimension) };
}

function movementOf({ was, is, distance, ratio }: Compared, overdispersion: number): Movement {
  const similarity = cosine(was.embedding, is.embedding) ?? 0;
  return { distance, displacement: Math.sqrt(ratio / overdispersion), similarity };
}

// var(z_to - z_from) per coordinate of a row at rest: C_t + C_s (1 - 2 A), C the null variances and A what is retained
// from one time to the other (lib's drift.hpp).
function varianceAtRest(from: Row, to: Row): number {
  const retained = Math.exp(to.logRetention - from.logRetention);
  return Math.max(0, to.nullVariance + from.nullVariance * (1 - 2 * retained));
}

// What makes the median that of a mean of squares (Wilson & Hilferty 1931): fewer than half of the rows move.
function overdispersionOf(ratios: number[], dimension: number): number {
  if (ratios.length === 0) return 1;
  const sorted = Float32Array.from(ratios).sort();
  return sorted[Math.floor(sorted.length / 2)] / (1 - 2 / (9 * dimension)) ** 3;
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; ++i) sum += (b[i] - a[i]) ** 2;
  return sum;
}

function totalUses(table: Table): number {
  return table.chunks.reduce((total, { uses }) => uses.reduce((sum, some) => sum + some, total), 0);
}

function beyond(neighbors: readonly Neighbor[], others: readonly Neighbor[]): string[] {
  const known = new Set(others.map(({ token }) => token));
  return neighbors.map(({ token }) => token).filter((token) => !known.has(token));
}
