// Our engine as a process that obeys lines on standard input; commands as in driver.c. Level `library` times single steps in the
// leading thread, `api` asks the engine from the main thread as the server does, and times whole answers.
// node bench/peers/engine-side.mjs <folder with model.json> <threads> [library|api]
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { obey } from './obey.mjs';
import { BenchEngine, unwrap } from './bench-engine.mjs';
import { startApi } from './engine-api.mjs';

const [, , folder, threads = '2', level = 'library'] = process.argv;
const model = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'), (key, value) =>
  key === 'path' ? join(folder, value) : value,
);
if (level === 'api') await obey(model.config.vocabSize, await startApi(model, Number(threads)));
else {
  const engine = BenchEngine.start(Number(threads));
  unwrap(engine.core.load(model));
  await obey(model.config.vocabSize, {
    decode: (round, streams, prompt, steps) => engine.decode(model, { round, streams, prompt, steps }),
    prefill: (round, tokens) => engine.prefill(model, { round, tokens }),
    logits: (...ids) => ({ logits: engine.logits(model, ids).map((row) => [...row]) }),
  });
}
