// Our engine as a process that obeys lines on standard input, as driver.c does for llama.cpp; see there for the commands.
// node bench/peers/engine-side.mjs <model folder written by model-folder.mjs> <threads>
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BenchEngine, unwrap } from './bench-engine.mjs';

const [, , folder, threads = '2'] = process.argv;
const model = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'), (key, value) =>
  key === 'path' ? join(folder, value) : value,
);
const engine = BenchEngine.start(Number(threads));
unwrap(engine.core.load(model));

/** command → what it answers */
const COMMANDS = {
  decode: (round, streams, prompt, steps) => engine.decode(model, { round, streams, prompt, steps }),
  prefill: (round, tokens) => engine.prefill(model, { round, tokens }),
  logits: (...ids) => ({ logits: engine.logits(model, ids).map((row) => [...row]) }),
  kernel: () => ({ hash: createHash('sha256').update(engine.wasm).digest('hex') }),
};

console.log(JSON.stringify({ ready: true, vocabulary: model.config.vocabSize }));
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...words] = line.split(' ');
  const answer = COMMANDS[name]?.(...words.map(Number)) ?? { error: 'unknown command' };
  console.log(JSON.stringify(answer));
}
process.exit(0);
