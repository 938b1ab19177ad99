// Random JSON Schemas, each obeyed by an answer of the genesis model in the engine as the server has it: every answer that ended has to be
// JSON that an independent validator (Ajv) accepts. A schema none of whose values has room within the tokens is replaced by another one.
// node bench/engine/schemas.mjs [schemas] [seed] [threads]
// Fails when one of that many answers does not obey or does not end, or a tenth of the schemas had to be replaced.
import '../../test/support/typescript-threads.mjs';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv';
import fc from 'fast-check';
import { compileConstraint } from '../../dist/src/inference/constraints/index.js';
import { Engine } from '../../dist/src/inference/kernel/index.js';
import { expectFigure } from '../aims.mjs';
import { importGenesis } from './genesis.mjs';

const { inDraft7, randomSchema } = await import('../../test/support/random-schemas.ts');

const COUNT = Number(process.argv[2] ?? 500);
const SEED = Number(process.argv[3] ?? Date.now() % 1_000_000);
const THREADS = Number(process.argv[4] ?? availableParallelism());
/** Streams at the same time. */
const STREAMS = 8;
/** Of an answer, in turns: most answers of the genesis model would be longer than the fewest. */
const MAX_TOKENS = [60, 120, 240, 400];
/** Schemas without a value that is short enough, over those with one. */
const MOST_TOO_LONG = 0.1;
const QUESTIONS = ['Tell me a story about a fox.', 'Compute 820 - 519.', 'Sort: pear, apple, fig.'];

const folder = mkdtempSync(join(tmpdir(), 'stemma-schemas-'));
const kernelPath = fileURLToPath(new URL('../../dist/kernel/kernel.wasm', import.meta.url));
const counts = { valid: 0, invalid: 0, cut: 0, refused: 0, tooLong: 0 };
const started = performance.now();
let tokens = 0;
try {
  const genesis = importGenesis(folder);
  const limits = { expertCacheBytes: 2 ** 30, kvCacheBytes: 2 ** 28, maxStreams: STREAMS };
  const engine = await Engine.start({ threads: THREADS, kernelPath, ...limits });
  try {
    const loaded = await engine.load(genesis.model);
    if (!loaded.ok) throw loaded.error;
    const schemas = fc.sample(randomSchema, { numRuns: Math.ceil(COUNT * (1 + MOST_TOO_LONG)), seed: SEED });
    const rest = schemas.map((schema, i) => ({ schema, i })).reverse();
    let running = 0;
    console.log(`${COUNT} schemas, seed ${SEED}`);
    const work = async () => {
      while (judged() + running < COUNT && rest.length > 0) {
        running++;
        const outcome = await obey(engine, genesis, rest.pop());
        counts[outcome]++;
        running--;
      }
    };
    await Promise.all(Array.from({ length: STREAMS }, work));
  } finally {
    await engine.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const seconds = Math.round((performance.now() - started) / 1000);
console.table([{ ...counts, tokens, seconds }]);
console.log(JSON.stringify({ schemas: COUNT, seed: SEED, ...counts, tokens, seconds }));
expectFigure('schemas that were obeyed', counts.valid, { least: COUNT });
expectFigure('schemas that were not obeyed', counts.invalid + counts.refused + counts.cut, { most: 0 });

function judged() {
  return counts.valid + counts.invalid + counts.refused + counts.cut;
}

/** Asks for an answer; says what became of it. */
async function obey(engine, genesis, { schema, i }) {
  const validate = new Ajv().compile(inDraft7(schema));
  const request = requestFor(genesis, schema, i);
  const compiled = compileConstraint(request.sampling.constraint, genesis.model.vocabulary);
  if (compiled.ok && compiled.value.need >= request.maxTokens) return 'tooLong';
  const answer = await engine.generate(request, () => undefined).done;
  if (!answer.ok) {
    console.log(`schema ${i}: ${answer.error.code}: ${JSON.stringify(schema)}`);
    return 'refused';
  }
  tokens += answer.value.tokens.length;
  const text = new TextDecoder('utf-8').decode(genesis.bytesOf(answer.value.tokens));
  if (answer.value.finish !== 'stop') {
    console.log(`schema ${i}: ${JSON.stringify(schema)}\n  not ended: ${text}`);
    return 'cut';
  }
  if (isValid(validate, text)) return 'valid';
  console.log(`schema ${i}: ${JSON.stringify(schema)}\n  is not obeyed by ${text}`);
  return 'invalid';
}

/** Greedy, as models are asked for JSON, or sampled, so that unusual texts come about, too. */
function requestFor({ model, end, chatIds }, schema, i) {
  const sampled = i % 2 === 0 ? { temperature: 0, topP: 1 } : { temperature: 1, topP: 0.98 };
  const maxTokens = MAX_TOKENS[(i >> 1) % MAX_TOKENS.length];
  return {
    release: model.release,
    promptIds: chatIds(QUESTIONS[i % QUESTIONS.length]),
    maxTokens,
    stopIds: [end],
    sampling: {
      ...{ ...sampled, topK: 0, minP: 0, repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0 },
      seed: SEED + i,
      constraint: { version: 2, schema: JSON.stringify(schema), tokens: maxTokens },
    },
  };
}

function isValid(validate, text) {
  try {
    return validate(JSON.parse(text));
  } catch {
    return false;
  }
}
