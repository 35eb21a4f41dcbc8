// JavaScript answers questions to snapshots as the command does.
//
//   questions.mjs PACKAGE FOLDER     FOLDER with runs and answers.ndjson, as ask.py leaves them
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import test from "node:test";

const [packageFolder, folder] = process.argv.slice(2);
const gaugeline = createRequire(join(packageFolder, "package.json"))(packageFolder);

const TOLERANCE = 1e-5; // of float sums in another order, relative to 1 or to the figure
const answers = readFileSync(join(folder, "answers.ndjson"), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
const runs = {};
for (const run of ["words", "values"]) {
  const files = readdirSync(join(folder, run, "snapshots")).filter((name) => name.endsWith(".snapshot")).sort();
  runs[run] = await Promise.all(files.map((name) => gaugeline.open(join(folder, run, "snapshots", name))));
}

function forEach(verb, check) {
  test(verb, () => {
    const asked = answers.filter(({ question }) => question.verb === verb);
    assert.ok(asked.length > 0);
    for (const { run, question, answer } of asked) {
      try {
        check(question, answer, runs[run]);
      } catch (error) {
        error.message = `${JSON.stringify(question)}: ${error.message}`;
        throw error;
      }
    }
  });
}

function near(found, told) {
  assert.ok(Math.abs(found - told) < TOLERANCE * Math.max(1, Math.abs(told)), `${found} is not ${told}`);
}
function sameNeighbors(found, told) {
  assert.deepEqual(found.map(({ token, uses }) => [token, uses]), told.map(({ token, uses }) => [token, uses]));
  found.forEach(({ similarity }, n) => near(similarity, told[n].similarity));
}
function sameMovement(found, told) {
  near(found.distance, told.distance);
  near(found.displacement, told.displacement);
  near(found.similarity, told.self_similarity);
}

forEach("neighbors", (asked, answer, run) => {
  const [snapshot, least] = [run.at(Number(asked.slice)), Number(asked["min-uses"])];
  const found = snapshot.neighbors(asked.token, Number(asked.k), least);
  sameNeighbors(found, answer.neighbors);
  const vector = snapshot.items.embedding(snapshot.require(asked.token));
  const ofVector = snapshot.neighbors(vector, found.length + 1, least).filter(({ token }) => token !== asked.token);
  assert.deepEqual(ofVector.slice(0, found.length), found);
  assert.throws(() => snapshot.neighbors(vector.subarray(2), 1), /a vector of 4 numbers/);
});

forEach("similarity", (asked, answer, run) => {
  const found = run.at(Number(asked.slice)).similarity(asked.token, asked.other);
  near(found, answer.similarity[0].similarity);
});

forEach("score", (asked, answer, run) => {
  const found = run.at(Number(asked.slice)).score(asked.item, Number(asked.k));
  assert.deepEqual(found.map(({ token }) => token), answer.score.map(({ token }) => token));
  found.forEach(({ score }, n) => near(score, answer.score[n].score));
});

const ends = (asked, run) => [run.at(Number(asked.from)), run.at(Number(asked.to))];

forEach("translate", (asked, answer, run) => {
  const found = gaugeline.translate(...ends(asked, run), asked.token, Number(asked.k), Number(asked["min-uses"]));
  sameNeighbors(found, answer.translate);
});

forEach("drift", (asked, answer, run) => {
  const conditions = { minUses: Number(asked["min-uses"]), skipCommonest: Number(asked["skip-commonest"]) };
  const found = gaugeline.drift(...ends(asked, run), Number(asked.k), conditions);
  near(found.overdispersion, answer.overdispersion);
  assert.equal(found.compared, answer.compared);
  assert.deepEqual(found.tokens.map(({ token }) => token), answer.drift.map(({ token }) => token));
  found.tokens.forEach((one, n) => {
    const told = answer.drift[n];
    sameMovement(one.movement, told);
    assert.deepEqual([one.usesFrom, one.usesTo], [told.uses_from, told.uses_to]);
    sameNeighbors(one.neighborsFrom, told.neighbors_from);
    sameNeighbors(one.neighborsTo, told.neighbors_to);
    assert.deepEqual([one.gained, one.lost], [told.gained, told.lost]);
  });
});

const lives = new Set();
const tokens = new Set();
forEach("trajectory", (asked, answer, run) => {
  const { token, k, other } = asked;
  const others = other ? other.split(",") : [];
  const points = gaugeline.trajectory(run, token, { others, k: Number(k ?? 5), minUses: Number(asked["min-uses"] ?? 0) });
  assert.deepEqual(points.map(({ slice }) => Number(slice)), answer.trajectory.map(({ slice }) => slice.index));
  points.forEach((one, n) => {
    const told = answer.trajectory[n];
    assert.deepEqual([one.uses, one.born], [told.uses, told.born]);
    sameMovement(one.sinceFirst, told);
    sameNeighbors(one.neighbors, told.neighbors ?? []);
    one.similarities.forEach((similarity, m) => {
      const expected = told.similarities[m].similarity;
      if (similarity === null || expected === null) assert.equal(similarity, expected);
      else near(similarity, expected);
    });
    tokens.add(token);
    lives.add(`${token} ${one.born}`);
  });
});
test("a token at least began anew", () => assert.ok(lives.size > tokens.size));

test("what cannot be answered is refused", () => {
  const { words, values } = runs;
  const [first, second, last] = [words[0], words[1], words.at(-1)];
  for (const question of [
    () => gaugeline.drift(last, values[0], 1),
    () => gaugeline.translate(last, values[0], "word-0-0", 1),
    () => gaugeline.trajectory([...words, values[0]], "word-0-0"),
  ])
    assert.throws(question, (error) => {
      assert.ok(error instanceof gaugeline.NotComparableError);
      return /has a frame of its own/.test(error.message);
    });
  for (const question of [
    () => first.neighbors("no such word", 1),
    () => first.score("no such word", 1),
    () => gaugeline.translate(first, second, "no such word", 1),
    () => gaugeline.movement(first, second, "no such word"),
    () => gaugeline.trajectory(words, "no such word"),
    () => gaugeline.trajectory(words, "word-0-0", { others: ["no such word"] }),
  ])
    assert.throws(question, (error) => {
      assert.ok(error instanceof gaugeline.UnknownTokenError);
      return /no such word/.test(error.message);
    });
  for (const question of [
    () => gaugeline.drift(last, first, 1),
    () => gaugeline.movement(last, first, "word-0-0"),
    () => gaugeline.trajectory([...words].reverse(), "word-0-0"),
  ])
    assert.throws(question, /the earlier snapshot comes first/);
  const points = gaugeline.trajectory(words, "word-5-9");
  const anew = points.find(({ born }) => born !== points[0].born);
  const [before, after] = [points[0], anew].map(({ slice }) => words[Number(slice)]);
  assert.throws(() => gaugeline.movement(before, after, "word-5-9"), /began anew/);
});
