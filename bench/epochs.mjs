// node bench/epochs.mjs [answers]: what an epoch of so many answers (10,000) costs: reading it from log and receipts, working it out, and
// working it out again as `stemma rewards recompute` does; and what naming the payer adds to an answer. The log lies in memory, so that
// the disk is left out. Works on the built server (dist/).
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { parse } from 'yaml';
import { bytesToHex, concatBytes, ok, sha256Hex, unwrap, utf8ToBytes } from '../dist/src/common/index.js';
import { nativeSha256 } from '../dist/src/common/native-hash.js';
import { receiptHash } from '../dist/src/inference/receipt/index.js';
import { PayerNames } from '../dist/src/inference/receipts/payer-names.js';
import { encodeLeaf } from '../dist/src/log/entry.js';
import { encodedLeaf } from '../dist/src/log/tree/entry-bundle.js';
import { GrowingTree } from '../dist/src/log/tree/growing-tree.js';
import { epochOf } from '../dist/src/rewards/epochs/epoch-record.js';
import { epochInput } from '../dist/src/rewards/epochs/read-input.js';
import { recomputeEpoch } from '../dist/src/rewards/epochs/recompute-epoch.js';
import { defaultRewardsFile } from '../dist/src/rewards/policy/policy-in-force.js';
import { parseRewardsPolicy } from '../dist/src/rewards/policy/rewards-policy.js';

const COUNT = Number(process.argv[2] ?? 10_000);
const PAYERS = 100;
const EXPERTS = 32;
const AT = Date.UTC(2026, 5, 1);
const policy = parse(readFileSync(defaultRewardsFile(), 'utf8'));
const { usage } = unwrap(parseRewardsPolicy(policy));
const hash = (...parts) => sha256Hex(parts.join(' '));

/** A receipt as genesis gives it: every layer's experts took part. */
const receiptOf = (i) => ({
  ...{
    version: 1,
    id: `rcpt_${hash('receipt', i).slice(0, 32)}`,
    release: hash('release'),
    kernel: hash('kernel'),
  },
  request: { salted_hash: hash('request', i), parameters: { max_tokens: 64, temperature: 1 }, seed: i },
  experts: Array.from({ length: EXPERTS }, (_, e) => ({
    name: `layer${e}`,
    block: hash('expert', e),
    tokens: 64,
  })),
  output: { tokens: 64, tokens_hash: hash('tokens', i), text_hash: hash('text', i), finish: 'stop' },
  ...{ commitments: [hash('c', i), hash('d', i)], started_at: AT, finished_at: AT + 500, node: hash('node') },
  signature: hash('s', i) + hash('t', i),
});

const names = new PayerNames({ tokenSecret: new Uint8Array(32) });
const stored = new Map(
  Array.from({ length: COUNT }, (_, i) => [receiptOf(i).id, JSON.stringify(receiptOf(i))]),
);
const leaves = [];
const append = (entry) => leaves.push(utf8ToBytes(encodeLeaf({ actor: 'node', data: {}, ...entry }, AT))) - 1;
for (const [i, [id, text]] of [...stored].entries()) {
  const payer = names.nameOf(`account ${i % PAYERS}`, AT);
  append({
    kind: 'receipt',
    subject: id,
    hash: receiptHash(JSON.parse(text)),
    data: { payer, fee: '1000000' },
  });
}
const source = {
  sha256: nativeSha256,
  bundles: async (index, width) => {
    const found = leaves.slice(index * 256, index * 256 + width);
    return found.length === width ? concatBytes(...found.map(encodedLeaf)) : null;
  },
  header: async (chain, block) =>
    ok({ chain_id: chain, miner_pub: chain === 'A' ? 'operator' : block.slice(0, 2) }),
  receipts: async (ids) => {
    await setImmediate();
    return new Map(ids.map((id) => [id, JSON.parse(stored.get(id))]));
  },
};

async function timed(what, work) {
  const waits = monitorEventLoopDelay({ resolution: 1 });
  waits.enable();
  const began = process.cpuUsage();
  const value = await work();
  const { user, system } = process.cpuUsage(began);
  await setImmediate();
  waits.disable();
  console.log(
    `${what}: ${((user + system) / 1e3).toFixed(0)} ms of processor time, others wait ${(waits.max / 1e6).toFixed(0)} ms at most`,
  );
  return value;
}

const range = { first: 0, end: COUNT };
const input = await timed(`reading ${COUNT} answers`, async () =>
  unwrap(await epochInput(source, range, usage)),
);
const tree = new GrowingTree();
tree.append(leaves);
const place = { epoch: 1, range, root: bytesToHex(tree.root()), previous: null, policy };
const epoch = await timed('working it out', async () => unwrap(epochOf(place, input, null)));
const logIndex = append({ kind: 'rewards.epoch', subject: 'epoch:1', hash: epoch.hash });
const again = await timed('working it out again from the log', async () =>
  unwrap(await recomputeEpoch(source, { hash: epoch.hash, record: epoch.record, logIndex }, null)),
);
const began = process.cpuUsage();
for (let i = 0; i < COUNT; i++) names.nameOf(`account ${i}`, AT);
const { user, system } = process.cpuUsage(began);
console.log(`naming a payer: ${((user + system) / COUNT).toFixed(1)} µs`);
process.exitCode = again.equal ? 0 : 1;
