// Whether vectors share a frame, and what a snapshot itself shows of it.
import { NotComparableError } from "./errors";
import { Summary } from "./manifest";
import { OptionsT } from "./snapshot_generated";

const REMEDY = ": align one with the other (gaugeline align), or compare similarities only";
const REGULARISATION = 1e-6; // of the rotation, as gaugeline's own
const MOST_SWEEPS = 40; // 6 to 12 are needed

/** How the canaries moved from the parent to the snapshot. N are their rows now and B before, R the rotation that
 * brings N nearest to B. */
export interface FrameCheck {
  readonly rows: number; // canaries; 0: there is nothing to be seen, and the rest is 0
  readonly distance: number; // |N - B| / |B|
  readonly distanceTurned: number; // |N R - B| / |B|: never larger
  readonly angle: number; // radians, the largest principal angle of R
  readonly shareOfTurning: number; // 1 - (distanceTurned / distance)^2: near 1 if the frame has turned
}

/** Throws NotComparableError unless the two share a frame. */
export function checkFrames(a: Summary, b: Summary): void {
  if (a.options.dimension !== b.options.dimension)
    throw new NotComparableError(`the vectors have ${a.options.dimension} and ${b.options.dimension} dimensions`);
  if (a.run !== b.run)
    throw new NotComparableError(
      `the snapshots are of runs ${a.run} and ${b.run}, each of which has a frame of its own${REMEDY}`,
    );
  if (!holdsFrame(a.options) || !holdsFrame(b.options))
    throw new NotComparableError(
      `run ${a.run} does not fix the gauge, so that its frame turns from slice to slice${REMEDY}`,
    );
  if (a.smoothed !== b.smoothed)
    throw new NotComparableError(
      "one of the snapshots is a smoother's and the other is not: what they tell of one slice differs, and so does " +
        `their frame${REMEDY}`,
    );
}

/** `before`: rows x dimension, row-major, where `now[r]` was. */
export function checkCanaries(now: readonly Float32Array[], before: Float32Array, dimension: number): FrameCheck {
  if (now.length === 0) return { rows: 0, distance: 0, distanceTurned: 0, angle: 0, shareOfTurning: 0 };
  const was = now.map((_, r) => before.subarray(r * dimension, (r + 1) * dimension));
  const rotation = nearestRotation(now, was, dimension);
  let [norm, distance, turned] = [0, 0, 0]; // squared
  now.forEach((row, r) => {
    for (let k = 0; k < dimension; ++k) {
      norm += was[r][k] ** 2;
      distance += (row[k] - was[r][k]) ** 2;
      turned += (dot(row, rotation[k]) - was[r][k]) ** 2;
    }
  });
  rotation.forEach((column, k) => (column[k] -= 1));
  return {
    rows: now.length,
    distance: norm > 0 ? Math.sqrt(distance / norm) : 0,
    distanceTurned: norm > 0 ? Math.sqrt(turned / norm) : 0,
    angle: 2 * Math.asin(Math.min(1, largestSingularValue(rotation) / 2)),
    shareOfTurning: distance > 0 ? 1 - turned / distance : 0,
  };
}

function holdsFrame(options: OptionsT): boolean {
  return options.gauge === 0 && options.coupling === 0;
}

// A matrix is an array of its columns here.
type Matrix = Float64Array[];

// R = P Q^T for M + 1e-6 s_max I = P S Q^T, M = N^T B (Procrustes; Schoenemann 1966). Directions without data stay.
function nearestRotation(now: readonly Float32Array[], was: readonly Float32Array[], dimension: number): Matrix {
  const a = zeros(dimension);
  now.forEach((row, r) => a.forEach((column, k) => addMultiple(column, was[r][k], row)));
  const v = identity(dimension);
  if (!a.every((column) => column.every(Number.isFinite))) return v;
  orthogonaliseColumns(a, v);
  const largest = longest(a);
  if (largest === 0) return v;
  // (M + e I) V = M V + e V: the columns that are orthogonal for M are nearly so for the regularised matrix.
  a.forEach((column, k) => addMultiple(column, REGULARISATION * largest, v[k]));
  orthogonaliseColumns(a, v);
  const rotation = zeros(dimension);
  a.forEach((column, k) => {
    const norm = Math.sqrt(dot(column, column));
    const p = norm > 0 ? column.map((x) => x / norm) : v[k];
    rotation.forEach((target, j) => addMultiple(target, v[k][j], p));
  });
  return rotation;
}

// Overwrites the matrix.
function largestSingularValue(matrix: Matrix): number {
  orthogonaliseColumns(matrix, []);
  return longest(matrix);
}

function longest(columns: Matrix): number {
  return Math.sqrt(Math.max(...columns.map((column) => dot(column, column))));
}

// A <- A J and V <- V J with J orthogonal, such that the columns of A J are orthogonal (one-sided Jacobi). Columns that
// vanish beside the longest hold rounding errors only, which no sweep would make orthogonal.
function orthogonaliseColumns(a: Matrix, v: Matrix): void {
  const tolerance = Number.EPSILON * Math.sqrt(a.length);
  let turned = true;
  for (let sweep = 0; turned && sweep < MOST_SWEEPS; ++sweep) {
    turned = false;
    const squared = a.map((column) => dot(column, column));
    const vanishing = Math.max(...squared) * (Number.EPSILON * a.length) ** 2;
    for (let p = 0; p < a.length; ++p)
      for (let q = p + 1; q < a.length; ++q) {
        if (!(squared[p] > vanishing && squared[q] > vanishing)) continue;
        const gamma = dot(a[p], a[q]);
        if (!(Math.abs(gamma) > tolerance * Math.sqrt(squared[p]) * Math.sqrt(squared[q]))) continue;
        const zeta = (squared[q] - squared[p]) / (2 * gamma);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const c = 1 / Math.sqrt(1 + t * t);
        rotate(a[p], a[q], c, c * t);
        if (v.length > 0) rotate(v[p], v[q], c, c * t);
        [squared[p], squared[q]] = [dot(a[p], a[p]), dot(a[q], a[q])];
        turned = true;
      }
  }
}

function rotate(x: Float64Array, y: Float64Array, c: number, s: number): void {
  for (let i = 0; i < x.length; ++i) {
    const before = x[i];
    x[i] = c * before - s * y[i];
    y[i] = s * before + c * y[i];
  }
}

function addMultiple(target: Float64Array, factor: number, x: Float32Array | Float64Array): void {
  for (let i = 0; i < target.length; ++i) target[i] += factor * x[i];
}

export function dot(x: Float32Array | Float64Array, y: Float32Array | Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; ++i) sum += x[i] * y[i];
  return sum;
}

function zeros(dimension: number): Matrix {
  return Array.from({ length: dimension }, () => new Float64Array(dimension));
}

function identity(dimension: number): Matrix {
  const matrix = zeros(dimension);
  matrix.forEach((column, k) => (column[k] = 1));
  return matrix;
}
