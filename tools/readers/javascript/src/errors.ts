// What can go wrong with a snapshot. A file that cannot be read at all is the error of node:fs.

/** The file is not a whole snapshot of a version that is read here. The message names the file and what is wrong. */
export class SnapshotError extends Error {
  override name = "SnapshotError";

  /** The same error, told from further out. */
  within(where: string): SnapshotError {
    return new SnapshotError(`${where}: ${this.message}`);
  }
}

/** The vectors of two snapshots may not be compared number by number. The message says why, and what to do. */
export class NotComparableError extends Error {
  override name = "NotComparableError";
}

/** No row that was ever learnt from has this token. */
export class UnknownTokenError extends Error {
  override name = "UnknownTokenError";
}

/** What `read` gives; a SnapshotError of it is told with `where` in front. */
export function located<Result>(where: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw error instanceof SnapshotError ? error.within(where) : error;
  }
}
