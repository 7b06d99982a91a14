// Checks with the OpenZeppelin package what tests/interop/test_openzeppelin.py hands in on standard
// input, and prints how much it checked. The first thing that is wrong ends it with an error.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";

// A tree: the package loads our dump, builds the same one itself, and agrees on every proof.
function checkTree({ dump, root, proofs }) {
  const tree = StandardMerkleTree.load(dump);
  tree.validate();
  assert.equal(tree.root, root);
  assert.equal(tree.length, proofs.length);
  const values = dump.values.map(({ value }) => value);
  assert.deepEqual(StandardMerkleTree.of(values, dump.leafEncoding).dump(), dump);
  for (const [index, proof] of proofs.entries()) {
    assert.deepEqual(proof, tree.getProof(index)); // which verifies what it returns
    assert(tree.verify(index, proof));
  }
  return proofs.length;
}

// One row that whoever checks it knows by its root alone.
function verifyRow({ root, types, value, proof }) {
  return StandardMerkleTree.verify(root, types, value, proof);
}

const { trees = [], damaged = [], rows = [], altered = [] } = JSON.parse(readFileSync(0, "utf8"));
const proved = trees.map(checkTree);
for (const dump of damaged) {
  assert.throws(() => StandardMerkleTree.load(dump));
}
for (const row of rows) {
  assert(verifyRow(row), `the package refuses ${row.value}`);
}
for (const row of altered) {
  assert(!verifyRow(row), `the package accepts ${row.value}`);
}
const counts = { damaged: damaged.length, rows: rows.length, altered: altered.length };
console.log(JSON.stringify({ proved, ...counts }));
