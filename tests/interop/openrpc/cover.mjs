// Reads a node's OpenRPC document with the official parser, which checks it against the
// specification's own schema, and calls every method but those that are named after the URL.
// Prints one JSON object: the methods told of, and each call with what was wrong with it.
import coverage from "@open-rpc/test-coverage/build/coverage.js";
import { parseOpenRPCDocument } from "@open-rpc/schema-utils-js";

const [url, ...skip] = process.argv.slice(2);

async function call(_, method, params) {
  const reply = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return reply.json();
}

const { result } = await call(url, "rpc.discover", []);
const openrpcDocument = await parseOpenRPCDocument(result);
const calls = await coverage.default({
  openrpcDocument,
  transport: call,
  reporters: [{ onBegin() {}, onTestBegin() {}, onTestEnd() {}, onEnd() {} }],
  skip,
  only: [],
});
console.log(
  JSON.stringify({
    methods: openrpcDocument.methods.map((method) => method.name),
    calls: calls.map(({ methodName, valid, reason, error }) => ({
      method: methodName,
      valid,
      reason: reason ?? error?.message ?? null,
    })),
  }),
);
