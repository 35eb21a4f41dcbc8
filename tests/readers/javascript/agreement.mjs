// JavaScript reads from a snapshot what C++ reads.
//
//   agreement.mjs PACKAGE FOLDER     FOLDER with snapshots and facts.ndjson, as write_snapshots leaves them
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import test from "node:test";

const [packageFolder, folder] = process.argv.slice(2);
const require = createRequire(join(packageFolder, "package.json"));
const gaugeline = require(packageFolder);
const { createXXHash3 } = require("hash-wasm");

const SIMILARITY_TOLERANCE = 2e-6; // float sums of up to 64 products, in another order
const hasher = await createXXHash3();
const lines = readFileSync(join(folder, "facts.ndjson"), "utf8").trimEnd().split("\n");
const allFacts = lines.map((line) => JSON.parse(line));
const snapshots = [];
for (const facts of allFacts) snapshots.push(await gaugeline.open(join(folder, facts.file)));

const camelCase = (name) => name.replace(/_./g, (two) => two[1].toUpperCase());
const hex = (bytes) => Buffer.from(bytes).toString("hex");

function digest(...arrays) {
  hasher.init();
  for (const array of arrays) hasher.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return BigInt("0x" + hasher.digest()).toString();
}

// What was found in the form and with the names of the fact: whole numbers are strings there.
function told(found, fact) {
  if (typeof fact === "string") return String(found);
  if (fact === null || typeof fact !== "object" || Array.isArray(fact)) return found;
  assert.deepEqual(Object.keys(found).sort(), Object.keys(fact).map(camelCase).sort());
  return Object.fromEntries(Object.entries(fact).map(([name, value]) => [name, told(found[camelCase(name)], value)]));
}

function forEach(name, check) {
  test(name, () => {
    assert.ok(allFacts.length > 0);
    allFacts.forEach((facts, n) => {
      try {
        check(facts, snapshots[n], n);
      } catch (error) {
        error.message = `${facts.file}: ${error.message}`;
        throw error;
      }
    });
  });
}

const near = (found, expected, tolerance) =>
  assert.ok(Math.abs(found - expected) <= tolerance, `${found} is not ${expected}`);

forEach("the summary has every field", (facts, { summary }) => {
  const sources = summary.sources.map(({ name, sequence }) => [name, String(sequence)]);
  assert.deepEqual(told({ ...summary, sources }, facts.summary), facts.summary);
});

forEach("the values, the rotation and the canaries are the same", (facts, snapshot) => {
  assert.deepEqual(told(snapshot.values, facts.values), facts.values);
  assert.equal(snapshot.contextsShareTokens, facts.contexts_share_tokens);
  for (const name of ["rotation", "canary_rows", "canary_before"])
    assert.equal(digest(snapshot[camelCase(name)]), facts[name], name);
});

forEach("every column has the same bytes", (facts, snapshot) => {
  for (const side of ["items", "contexts"]) {
    const table = snapshot[side];
    for (const [name, expected] of Object.entries(facts[side].columns))
      assert.equal(digest(...table.chunks.map((chunk) => chunk[camelCase(name)])), expected, name);
    assert.equal(digest(table.candidates.hashes), facts[side].candidate_hashes);
    assert.equal(digest(table.candidates.counts), facts[side].candidate_counts);
  }
});

forEach("tokens are the same, and found by bytes and by string", (facts, snapshot) => {
  for (const side of ["items", "contexts"]) {
    const table = snapshot[side];
    assert.equal(table.length, facts[side].tokens.length);
    facts[side].tokens.forEach((token, row) => {
      assert.equal(hex(table.tokenBytes(row)), token);
      assert.equal(table.find(Buffer.from(token, "hex")), row);
      const text = table.token(row);
      if (Buffer.from(text).toString("hex") === token) assert.equal(table.find(text), row);
    });
    assert.equal(table.find("\0 no such token"), null);
  }
});

forEach("rows are those of the chunks", (_, snapshot) => {
  const dimension = snapshot.summary.options.dimension;
  for (const table of [snapshot.items, snapshot.contexts]) {
    const rows = table.tokens.map((_, row) => table.row(row));
    const joined = (name) => table.chunks.flatMap((chunk) => [...chunk[name]]);
    assert.deepEqual(rows.flatMap((row) => [...row.embedding]), joined("embeddings"));
    assert.ok(rows.every((row) => row.embedding.length === dimension));
    for (const name of ["precision", "uses", "born"]) assert.deepEqual(rows.map((row) => row[name]), joined(name));
    assert.throws(() => table.row(table.length), RangeError);
    assert.throws(() => table.row(-1), RangeError);
  }
});

const encodings = new Set();
forEach("what is stored are views of the file's bytes", (facts, snapshot) => {
  for (const side of ["items", "contexts"]) {
    const { chunks } = snapshot[side];
    assert.equal(digest(...chunks.map((chunk) => chunk.stored)), facts[side].stored);
    assert.equal(digest(...chunks.map((chunk) => chunk.embeddingScale)), facts[side].embedding_scale);
    for (const { encoding, stored, embeddings } of chunks) {
      encodings.add(`${encoding} ${stored.constructor.name}`);
      assert.equal(stored.buffer.byteLength, snapshot.summary.bytes);
      assert.equal(embeddings.buffer === stored.buffer, encoding === "float32");
    }
  }
});
test("every encoding was there", () =>
  assert.deepEqual([...encodings].sort(), ["bfloat16 Uint16Array", "float32 Float32Array", "int8 Int8Array"]));

// Exactly in the order of C++, but where its similarities differ by no more than rounding.
function checkNeighbors(snapshot, found, expected) {
  const similarity = new Map(expected);
  const names = found.map(({ row }) => hex(snapshot.items.tokenBytes(row)));
  assert.deepEqual([...names].sort(), [...similarity.keys()].sort());
  names.forEach((name, place) => {
    near(found[place].similarity, similarity.get(name), SIMILARITY_TOLERANCE);
    near(similarity.get(name), expected[place][1], SIMILARITY_TOLERANCE);
    const [before, after] = [found[place - 1], found[place]];
    if (place > 0 && before.similarity === after.similarity) assert.ok(before.row < after.row);
    if (place > 0) assert.ok(before.similarity >= after.similarity);
  });
}

forEach("neighbors are the same", (facts, snapshot) => {
  for (const question of facts.neighbors) {
    const token = Buffer.from(question.token, "hex");
    if (!question.known) {
      assert.throws(() => snapshot.neighbors(token, 1), gaugeline.UnknownTokenError);
      continue;
    }
    const found = snapshot.neighbors(token, snapshot.items.length);
    checkNeighbors(snapshot, found, question.found);
    assert.deepEqual(snapshot.neighbors(token, 3), found.slice(0, 3));
    for (const { row, similarity } of found.slice(0, 3))
      assert.equal(snapshot.similarity(token, snapshot.items.tokenBytes(row)), similarity);
  }
});

const reasons = new Set();
forEach("the same snapshots are comparable, or not for the same reason", (facts, snapshot, n) => {
  let reason = "";
  try {
    gaugeline.checkComparable(snapshots[Math.max(n - 1, 0)], snapshot);
  } catch (error) {
    assert.ok(error instanceof gaugeline.NotComparableError);
    reason = error.message;
  }
  assert.equal(reason, facts.comparability);
  reasons.add(reason.split(" ")[2]);
});
test("every reason was there, and none", () => assert.equal(reasons.size, 5));

forEach("frames are checked with the same result", (facts, snapshot) => {
  const found = snapshot.checkFrame();
  for (const [name, expected] of Object.entries(facts.frame)) near(found[camelCase(name)], Number(expected), 1e-6);
});
