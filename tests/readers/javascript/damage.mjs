// What JavaScript says of damaged snapshots: an error that names the file, never a crash, a hang or a wrong answer.
//
//   damage.mjs PACKAGE FOLDER     FOLDER with small-ENCODING.snapshot, as write_snapshots leaves them
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";

const [packageFolder, folder] = process.argv.slice(2);
const require = createRequire(join(packageFolder, "package.json"));
const gaugeline = require(packageFolder);
const { createXXHash3 } = require("hash-wasm");

const FOOTER_BYTES = 64;
const hasher = await createXXHash3();
const scratch = mkdtempSync(join(tmpdir(), "gaugeline-"));
after(() => rmSync(scratch, { recursive: true }));
const file = join(scratch, "damaged.snapshot");

const checksum = (bytes) => BigInt("0x" + hasher.init().update(bytes).digest());

function open(bytes, verify) {
  writeFileSync(file, bytes);
  return gaugeline.open(file, verify);
}

function useAll(snapshot) {
  snapshot.checkFrame();
  gaugeline.checkComparable(snapshot, snapshot);
  for (const table of [snapshot.items, snapshot.contexts]) for (const token of table.tokens) table.find(token);
  snapshot.items.tokens.forEach((token, row) => {
    if (!snapshot.items.known(row) || snapshot.find(token) !== row) return;
    snapshot.neighbors(token, 2);
    snapshot.similarity(token, token);
  });
}

async function assertRefused(bytes, what) {
  await assert.rejects(
    open(bytes),
    (error) => error instanceof gaugeline.SnapshotError && error.message.startsWith(`${file}: `),
    what,
  );
}

// Refused, or read with other figures.
async function assertHarmless(bytes, verify) {
  try {
    useAll(await open(bytes, verify));
  } catch (error) {
    if (!(error instanceof gaugeline.SnapshotError || error instanceof gaugeline.NotComparableError)) throw error;
  }
}

for (const encoding of ["float32", "bfloat16", "int8"]) {
  const small = readFileSync(join(folder, `small-${encoding}.snapshot`));
  const manifestOffset = Number(small.readBigUInt64LE(small.length - FOOTER_BYTES + 16));
  const manifestEnd = manifestOffset + Number(small.readBigUInt64LE(small.length - FOOTER_BYTES + 24));

  const changed = (place, mask) => {
    const data = Buffer.from(small);
    data[place] ^= mask;
    return data;
  };
  // With the right checksums of the manifest and the footer.
  const sealed = (bytes) => {
    const data = Buffer.from(bytes);
    const place = data.length - FOOTER_BYTES;
    data.writeBigUInt64LE(checksum(data.subarray(manifestOffset, manifestEnd)), place + 32);
    data.writeBigUInt64LE(checksum(data.subarray(place, place + 56)), place + 56);
    return data;
  };

  test(`${encoding}: the small snapshot itself is whole`, async () => {
    const whole = await open(small);
    useAll(whole);
    assert.equal(whole.summary.encoding, encoding);
    assert.ok(sealed(small).equals(small));
  });

  test(`${encoding}: every changed byte is found`, async () => {
    for (let place = 0; place < small.length; ++place)
      await assertRefused(changed(place, 1 << place % 8), `byte ${place}`);
  });

  test(`${encoding}: every truncation is found`, async () => {
    for (let size = 0; size < small.length; ++size) await assertRefused(small.subarray(0, size), `${size} bytes`);
  });

  test(`${encoding}: more bytes are found`, async () => {
    await assertRefused(Buffer.concat([small, Buffer.alloc(1)]), "a byte more");
    await assertRefused(Buffer.concat([small, Buffer.alloc(64)]), "a part more");
  });

  test(`${encoding}: a manifest that is wrong behind right checksums does no harm`, async () => {
    for (let place = manifestOffset; place < manifestEnd; ++place)
      for (const mask of [0x01, 0x80]) await assertHarmless(sealed(changed(place, mask)));
  });

  test(`${encoding}: chunks that are damaged and not verified do no harm`, async () => {
    for (let place = 64; place < manifestOffset; ++place)
      for (const mask of [0x01, 0x80]) await assertHarmless(changed(place, mask), false);
  });
}

test("a file that is not there is an error of node:fs", async () => {
  await assert.rejects(gaugeline.open(join(scratch, "none")), { code: "ENOENT" });
});
