// How long the engine's commands take, how many bytes of weights they read and how often they multiply.
import { runWord } from '../../dist/src/inference/kernel/abi.js';
import { BenchEngine, unwrap } from '../peers/bench-engine.mjs';

/** int8 tiles: 32 weights and a scale that the kernel keeps in 16 bits (shapes.mjs). */
const BYTES_PER_WEIGHT = 34 / 32;
const PHASE_OF = { embed: 'other', attend: 'attention', experts: 'experts', logits: 'logits' };

/** Wraps the kernel's commands; `take` returns what has come together since the last call, by phase. */
export class PhaseMeter {
  constructor(kernel, config) {
    Object.assign(this, { kernel, config, phases: empty() });
    const execute = kernel.execute.bind(kernel);
    kernel.execute = (command, layer, model, run) => {
      const started = performance.now();
      execute(command, layer, model, run);
      this.count(command, run, (performance.now() - started) / 1000);
    };
  }

  count(command, address, seconds) {
    const word = (name) => this.kernel.heap.words(address, runWord('scratchBytes') + 1)[runWord(name)];
    const phase = this.phases[PHASE_OF[command] ?? 'other'];
    const [weights, multiplications] = this.work(command, word);
    phase.seconds += seconds;
    phase.bytes += weights * BYTES_PER_WEIGHT;
    phase.macs += multiplications;
  }

  /** Weights that are read once, and multiplications. Scores and sums over the cache of keys and values are left out. */
  work(command, word) {
    const {
      hiddenSize: d,
      heads,
      kvHeads,
      headDim,
      expertHiddenSize,
      expertsPerToken,
      vocabSize,
    } = this.config;
    if (command === 'attend') {
      const weights = d * headDim * (2 * heads + 2 * kvHeads);
      return [weights, weights * word('rows')];
    }
    if (command === 'experts') {
      const weights = 3 * d * expertHiddenSize;
      return [weights * word('groups'), weights * word('rows') * expertsPerToken];
    }
    return command === 'logits' ? [d * vocabSize, d * vocabSize * word('logitRows')] : [0, 0];
  }

  take() {
    const taken = this.phases;
    this.phases = empty();
    return taken;
  }
}

/** Phases of decoding one and eight streams and of a prompt; of several rounds the one that took least. */
export async function measurePhases(model, threads, rounds) {
  const engine = BenchEngine.start(threads);
  unwrap(engine.core.load(model));
  const meter = new PhaseMeter(engine.kernel, model.config);
  const runs = {
    'decode 1 stream': (round) => engine.decode(model, { round, streams: 1, prompt: 1, steps: 32 }),
    'decode 8 streams': (round) => engine.decode(model, { round, streams: 8, prompt: 1, steps: 16 }),
    'prefill 256': (round) => engine.prefill(model, { round, tokens: 256 }),
  };
  const results = {};
  for (const [name, run] of Object.entries(runs)) {
    for (let round = -3; round < rounds; round++) {
      meter.take();
      run(round + 4);
      const phases = meter.take();
      if (round >= 0 && (!results[name] || total(phases) < total(results[name]))) results[name] = phases;
    }
  }
  await engine.stop();
  return results;
}

function total(phases) {
  return Object.values(phases).reduce((sum, { seconds }) => sum + seconds, 0);
}

function empty() {
  const phase = () => ({ seconds: 0, bytes: 0, macs: 0 });
  return { attention: phase(), experts: phase(), logits: phase(), other: phase() };
}
