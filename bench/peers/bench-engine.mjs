// The engine as its leading thread runs it, but in this thread, so that single steps can be timed.
import { createHash, hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { createKernelMemory, EngineCore, Kernel } from '../../dist/src/inference/kernel/index.js';
import { compileKernel } from '../../dist/src/inference/kernel/node/compile-kernel.js';
import { FileBlockSource } from '../../dist/src/inference/kernel/node/file-source.js';
import { promptIds } from './prompts.mjs';

const KERNEL = fileURLToPath(new URL('../../dist/kernel/kernel.wasm', import.meta.url));
const HELPER = new URL('../../dist/src/inference/kernel/node/helper.js', import.meta.url);
export const LIMITS = { expertCacheBytes: 2 ** 31, kvCacheBytes: 2 ** 28, maxStreams: 16 };
export const GREEDY = {
  ...{ temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1 },
  ...{ presencePenalty: 0, frequencyPenalty: 0, seed: 0 },
};

/** The value of a `Result`; throws its error. */
export function unwrap(result) {
  if (!result.ok) throw result.error;
  return result.value;
}

/** Nanoseconds of a monotonic clock as a number. */
const nanoseconds = () => Math.round(performance.now() * 1e6);

/** EngineCore with helper threads, and the measurements that the peers answer too. */
export class BenchEngine {
  constructor(core, kernel, wasm, helpers) {
    Object.assign(this, { core, kernel, wasm, helpers, nextId: 1 });
  }

  static start(threads) {
    const wasm = readFileSync(KERNEL);
    const module = compileKernel(wasm, true);
    const memory = createKernelMemory();
    const kernel = Kernel.create(module, memory, threads);
    const helpers = Array.from({ length: threads - 1 }, (_, i) => {
      return new Worker(HELPER, { workerData: { module, memory, thread: i + 1 } });
    });
    const sha256 = (bytes) => hash('sha256', bytes, 'buffer');
    const core = new EngineCore(
      {
        ...{ kernel, source: new FileBlockSource(), sha256, now: () => performance.now() },
        kernelHash: createHash('sha256').update(wasm).digest('hex'),
      },
      LIMITS,
    );
    return new BenchEngine(core, kernel, wasm, helpers);
  }

  /** Ends the helper threads. */
  async stop() {
    await Promise.all(this.helpers.map((helper) => helper.terminate()));
  }

  /** Queues a request; what its promise would hold is in `box.result` once it is done. */
  submit(work) {
    const box = { tokens: [], result: null };
    this.core.submit(this.nextId++, work, {
      event: (event) => {
        if (event.type === 'token') box.tokens.push(event.id);
      },
      done: (result) => (box.result = unwrap(result)),
    });
    return box;
  }

  /** Times every step in which all streams get a token, after prompts of the given length. */
  decode(model, { round, streams, prompt, steps }) {
    const answers = Array.from({ length: streams }, (_, stream) =>
      this.generate(model, promptIds(round, stream, prompt, model.config.vocabSize), steps + 1),
    );
    const ns = [];
    while (this.core.busy) {
      const before = answers.map(({ tokens }) => tokens.length);
      const started = nanoseconds();
      this.core.step();
      const took = nanoseconds() - started;
      if (answers.every(({ tokens }, i) => before[i] > 0 && tokens.length === before[i] + 1)) ns.push(took);
    }
    return { ns, tokens: answers[0].tokens.slice(1) };
  }

  /** Time from a prompt to its first token. */
  prefill(model, { round, tokens }) {
    const started = nanoseconds();
    this.generate(model, promptIds(round, 0, tokens, model.config.vocabSize), 1);
    this.finish();
    return { ns: [nanoseconds() - started] };
  }

  /** Logits of every position. */
  logits(model, ids) {
    const box = this.submit({ kind: 'logits', release: model.release, ids });
    this.finish();
    return box.result;
  }

  generate({ release }, ids, maxTokens) {
    return this.submit({
      ...{ kind: 'generate', release, promptIds: ids, maxTokens, stopIds: [], sampling: GREEDY },
    });
  }

  finish() {
    while (this.core.busy) this.core.step();
  }
}
