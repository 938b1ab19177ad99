// Runs in a worker of a browser: replays answers with the code that the dashboard's verifier replays them with. Built by
// build-browser-replays.mjs, asked by browser-replays.ts.
import { bytesToHex } from '../../src/common/hash.ts';
import { createBrowserReplayer } from '../../src/inference/kernel/replayer.ts';

const digest = async (bytes) => new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes));
const download = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
const kernel = download('/kernel.wasm');
const models = new Map();

globalThis.addEventListener('message', async ({ data: { id, model, answer } }) => {
  const outcome = await replay(model, answer).catch((thrown) => ({ refused: String(thrown.message) }));
  globalThis.postMessage({ id, outcome });
});

async function replay(name, answer) {
  if (!models.has(name)) models.set(name, load(name));
  const { payloads, ...model } = await models.get(name);
  const bytes = await kernel;
  const given = { kernel: bytes, kernelHash: bytesToHex(await digest(bytes)), payloads, digest };
  const made = await createBrowserReplayer({ ...given, ...model, ...answer });
  if (!made.ok) return { refused: made.error.message };
  const steps = made.value.replay();
  let step = await steps.next();
  while (!step.done) step = await steps.next();
  if (!step.value.ok) return { refused: step.value.error.message };
  const { states, picks, experts, firstDifference } = step.value.value;
  return { states: states.map(bytesToHex), picks, experts, firstDifference };
}

/** A model's description, and its payloads, which lie one after another in the order of its blocks. */
async function load(name) {
  const [model, bytes] = await Promise.all([
    fetch(`/models/${name}.json`).then((response) => response.json()),
    download(`/models/${name}.bin`),
  ]);
  const payloads = new Map();
  let offset = 0;
  for (const { name: block, payloadSize } of model.blocks) {
    payloads.set(block, bytes.slice(offset, offset + payloadSize));
    offset += payloadSize;
  }
  return { ...model, payloads };
}
