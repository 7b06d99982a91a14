// Reads a chain with viem and prints what it saw as one JSON object, which
// tests/interop/test_ethereum.py compares with what the node says in its own words.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createPublicClient, http, webSocket } from "viem";

const { url, ws, height, transfer, claim, client, settlement, coin, abi } = JSON.parse(
  readFileSync(0, "utf8"),
);
const reader = createPublicClient({ transport: http(url), pollingInterval: 200 });

// The first thing that a watcher tells of.
const first = (watch) =>
  new Promise((resolve, reject) => {
    const stop = watch((one) => {
      stop();
      resolve(one);
    }, reject);
  });
const heads = (source) => first((take, fail) => source.watchBlocks({ onBlock: take, onError: fail }));
const transfers = (source) =>
  first((take, fail) =>
    source.watchEvent({
      address: coin,
      event: abi.find((entry) => entry.name === "Transfer"),
      onLogs: ([log]) => take(log),
      onError: fail,
    }),
  );
const hashes = (source) =>
  first((take, fail) =>
    source.watchPendingTransactions({ onTransactions: ([hash]) => take(hash), onError: fail }),
  );

const blockNumber = BigInt(height);
const block = await reader.getBlock({ blockNumber, includeTransactions: true });
const transaction = await reader.getTransaction({ hash: transfer });
const receipt = await reader.getTransactionReceipt({ hash: claim });
const [settled] = await reader.getContractEvents({
  abi,
  address: settlement,
  eventName: "ReceiptSettled",
  fromBlock: blockNumber,
  toBlock: blockNumber,
});
const refused = await reader
  .request({ method: "eth_sendRawTransaction", params: ["0x02"] })
  .catch((error) => error);
const forgotten = await reader
  .request({ method: "eth_getFilterChanges", params: ["0x1"] })
  .catch((error) => error);
assert.equal(forgotten.name, "InvalidInputRpcError"); // at which viem makes its filters again
const polled = await Promise.all([heads(reader), transfers(reader), hashes(reader)]);

const socket = createPublicClient({ transport: webSocket(ws) });
const told = await Promise.all([heads(socket), transfers(socket), hashes(socket)]);

const logOf = (log) => ({ hash: log.transactionHash, block: Number(log.blockNumber) });
const seen = ([head, log, hash]) => ({
  block: Number(head.number),
  log: logOf(log),
  transaction: hash,
});
console.log(
  JSON.stringify(
    {
      chain: await reader.getChainId(),
      block: {
        number: Number(block.number),
        hash: block.hash,
        parent: block.parentHash,
        seconds: Number(block.timestamp),
        transactions: block.transactions.map((one) => one.hash),
      },
      transaction: {
        hash: transaction.hash,
        from: transaction.from,
        to: transaction.to,
        value: transaction.value,
        nonce: transaction.nonce,
        block: Number(transaction.blockNumber),
      },
      receipt: {
        status: receipt.status === "success" ? 1 : 0,
        logs: receipt.logs.length,
        fee: receipt.gasUsed * receipt.effectiveGasPrice,
      },
      balance: await reader.getBalance({ address: client }),
      nonce: await reader.getTransactionCount({ address: client }),
      code: (await reader.getCode({ address: settlement })) ?? "0x",
      settled: settled.args,
      gasPrice: await reader.getGasPrice(),
      refused: refused.code ?? refused.cause?.code,
      polled: seen(polled),
      told: seen(told),
    },
    (_, value) => (typeof value === "bigint" ? value.toString() : value),
  ),
);
process.exit(0);
