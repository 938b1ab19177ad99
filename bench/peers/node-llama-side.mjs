// node-llama-cpp as a process that obeys lines on standard input; commands as in driver.c.
// node bench/peers/node-llama-side.mjs <model.gguf> <threads>
import { getLlama } from 'node-llama-cpp';
import { obey } from './obey.mjs';
import { promptIds } from './prompts.mjs';

const [, , modelPath, threadsText] = process.argv;
const threads = Number(threadsText);
const llama = await getLlama({
  ...{ gpu: false, build: 'never', maxThreads: threads, logLevel: 'error', progressLogs: false },
});
const model = await llama.loadModel({ modelPath, useMmap: true });
const vocabulary = model.fileInfo.metadata.llama.vocab_size;
const options = { threads: { ideal: threads, min: threads }, batchSize: 512 };
const GREEDY = { temperature: 0, yieldEogToken: true };
const contexts = new Map();

/** Sequences of a context made for so many streams; made once. */
async function sequences(streams) {
  let known = contexts.get(streams);
  if (known === undefined) {
    const context = await model.createContext({
      ...{ ...options, contextSize: 512, sequences: streams, batching: { dispatchSchedule: 'nextCycle' } },
    });
    known = Array.from({ length: streams }, () => context.getSequence());
    contexts.set(streams, known);
  }
  return known;
}

/** Tokens after the first one of each stream, over the time from the first to the last. */
async function decode(round, streams, prompt, steps) {
  const all = await sequences(streams);
  for (const sequence of all) await sequence.clearHistory();
  let started = 0;
  let waiting = streams;
  await Promise.all(
    all.map(async (sequence, stream) => {
      const ids = promptIds(round, stream, prompt, vocabulary);
      const tokens = sequence.evaluate(ids, GREEDY);
      for (let step = 0; step <= steps; step++) {
        await tokens.next();
        if (step === 0 && --waiting === 0) started = performance.now();
      }
      await tokens.return();
    }),
  );
  return { ns: [((performance.now() - started) * 1e6) / steps] };
}

async function prefill(round, tokens) {
  const [sequence] = await sequences(1);
  await sequence.clearHistory();
  const started = performance.now();
  const ids = promptIds(round, 0, tokens, vocabulary);
  const answer = sequence.evaluate(ids, GREEDY);
  await answer.next();
  const took = performance.now() - started;
  await answer.return();
  return { ns: [took * 1e6] };
}

await obey(vocabulary, { decode, prefill });
