"use strict";
// Checks a receipt in the reader's own browser: the hash of what was signed, the miner's Ed25519
// signature, and the path from the document to the block's root. Browsers do so in secure contexts
// only (https, or this machine); elsewhere the node's own word stays as it is.

const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hexOf = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const base64 = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

// RFC 6962: a leaf is hashed behind a 0, a node behind a 1.
const rootOf = async (leaf, path) => {
  let node = await sha256(joined([0], leaf));
  for (const step of path) {
    const [side, digits] = step.split(":");
    node = await sha256(side === "left" ? joined([1], hex(digits), node) : joined([1], node, hex(digits)));
  }
  return hexOf(node);
};

const verify = async (box) => {
  const { key, sig, hash, leaf, path, root } = box.dataset;
  const signed = new TextEncoder().encode(box.textContent);
  const found = [];
  found.push(["hash", `0x${hexOf(await sha256(signed))}` === hash]);
  const publicKey = await crypto.subtle.importKey("raw", hex(key), { name: "Ed25519" }, false, ["verify"]);
  found.push(["signature", await crypto.subtle.verify({ name: "Ed25519" }, publicKey, base64(sig), signed)]);
  found.push(["inclusion", `0x${await rootOf(new TextEncoder().encode(leaf), path ? path.split(" ") : [])}` === root]);
  return found;
};

const show = (found) => {
  const lines = [...document.querySelectorAll("[data-check]")];
  for (const [name, holds] of found) {
    const line = lines.find((one) => one.dataset.check === name);
    line.querySelector("[data-said]").textContent += holds ? ", in your browser too" : ", but not in your browser";
    if (!holds) line.firstElementChild.className = "bad";
  }
  const tag = document.querySelector("[data-verified]");
  const isGood = found.every(([, holds]) => holds);
  tag.className = `tag ${isGood ? "accent" : "bad"}`;
  tag.textContent = isGood ? "✓ Ed25519 verified in your browser" : "✗ does not verify in your browser";
};

const box = document.querySelector("[data-payload]");
if (box && globalThis.crypto?.subtle) {
  verify(box).then(show, () => { /* this browser knows no Ed25519: the node's word stands */ });
}
