// The engine as the server uses it: through messages to its threads.
import { fileURLToPath } from 'node:url';
import { Engine } from '../../dist/src/inference/kernel/index.js';
import { GREEDY, LIMITS, unwrap } from './bench-engine.mjs';
import { promptIds } from './prompts.mjs';

const kernelPath = fileURLToPath(new URL('../../dist/kernel/kernel.wasm', import.meta.url));

/** Starts an engine with one model; returns its commands. */
export async function startApi(model, threads) {
  const engine = await Engine.start({ threads, kernelPath, ...LIMITS });
  unwrap(await engine.load(model));
  const generate = (ids, maxTokens, on) =>
    engine.generate({ release: model.release, promptIds: ids, maxTokens, stopIds: [], sampling: GREEDY }, on);
  const { vocabSize } = model.config;

  /** Tokens after the first one of each stream, over the time from the first to the last. */
  async function decode(round, streams, prompt, steps) {
    let [started, waiting] = [0, streams];
    const answers = Array.from({ length: streams }, (_, stream) =>
      generate(promptIds(round, stream, prompt, vocabSize), steps + 1, (event) => {
        if (event.type === 'token' && event.index === 0 && --waiting === 0) started = performance.now();
      }),
    );
    for (const { done } of answers) unwrap(await done);
    return { ns: [((performance.now() - started) * 1e6) / steps] };
  }

  async function prefill(round, tokens) {
    const started = performance.now();
    unwrap(await generate(promptIds(round, 0, tokens, vocabSize), 1, () => {}).done);
    return { ns: [(performance.now() - started) * 1e6] };
  }

  return { decode, prefill };
}
