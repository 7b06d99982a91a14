// Reads a chain with ethers and prints what it saw as one JSON object, which
// tests/interop/test_ethereum.py compares with what the node says in its own words.
import { readFileSync } from "node:fs";
import { Contract, JsonRpcProvider, WebSocketProvider } from "ethers";

const { url, ws, height, transfer, claim, client, settlement, coin, abi } = JSON.parse(
  readFileSync(0, "utf8"),
);
const provider = new JsonRpcProvider(url);
provider.pollingInterval = 200;

const once = (source, event) => new Promise((resolve) => source.once(event, resolve));

const block = await provider.getBlock(height, true);
const transaction = await provider.getTransaction(transfer);
const receipt = await provider.getTransactionReceipt(claim);
const contract = new Contract(settlement, abi, provider);
const [settled] = await contract.queryFilter("ReceiptSettled", height, height);
const fees = await provider.getFeeData();
const refused = await provider.send("eth_sendRawTransaction", ["0x02"]).catch((error) => error);
const polled = await Promise.all([once(provider, "block"), once(provider, { address: coin })]);

const socket = new WebSocketProvider(ws);
const told = await Promise.all([
  once(socket, "block"),
  once(socket, { address: coin }),
  once(socket, "pending"),
]);

const logOf = (log) => ({ hash: log.transactionHash, block: log.blockNumber });
console.log(
  JSON.stringify(
    {
      chain: Number((await provider.getNetwork()).chainId),
      block: {
        number: block.number,
        hash: block.hash,
        parent: block.parentHash,
        seconds: block.timestamp,
        transactions: block.prefetchedTransactions.map((one) => one.hash),
      },
      transaction: {
        hash: transaction.hash,
        from: transaction.from,
        to: transaction.to,
        value: transaction.value,
        nonce: transaction.nonce,
        block: transaction.blockNumber,
      },
      receipt: { status: receipt.status, logs: receipt.logs.length, fee: receipt.fee },
      balance: await provider.getBalance(client),
      nonce: await provider.getTransactionCount(client),
      code: await provider.getCode(settlement),
      settled: Object.fromEntries(
        ["receiptHash", "client", "provider", "paid", "fee", "returned"].map((name) => [
          name,
          settled.args[name],
        ]),
      ),
      gasPrice: fees.gasPrice,
      refused: refused.error?.code ?? refused.info?.error?.code,
      polled: { block: polled[0], log: logOf(polled[1]) },
      told: { block: told[0], log: logOf(told[1]), transaction: told[2] },
    },
    (_, value) => (typeof value === "bigint" ? value.toString() : value),
  ),
);
process.exit(0);
