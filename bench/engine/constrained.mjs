// What obeying a JSON Schema costs: tokens per second with and without, from the request to the last token (the schema's compilation and the
// prompt included), for one stream and for eight at a time, in interleaved rounds; with a schema that the engine has met before, and with one
// that it has not. V has 151,936 tokens, as the largest vocabularies have.
// node bench/engine/constrained.mjs [shapes, e.g. G,M,V] [threads] [rounds]
// Fails when the median of a shape's rounds costs more than 10 %, with either.
import { availableParallelism, tmpdir } from 'node:os';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeVocabulary } from '../../dist/src/inference/constraints/index.js';
import { Engine } from '../../dist/src/inference/kernel/index.js';
import { TextTokenizer } from '../../dist/src/inference/tokenizer/text-tokenizer.js';
import { expectFigure } from '../aims.mjs';
import { writeModel } from './shapes.mjs';

const [, , shapes = 'G,M,V', threads = String(availableParallelism()), rounds = '15'] = process.argv;
const root = new URL('../../', import.meta.url);
/** Least speed of an answer that obeys a schema, over one that need not. */
const LEAST_RATIO = 0.9;
const END = 3;
const TOKENS = { G: 400, M: 48, V: 200 };
const STREAMS = [1, 8];
const greedy = {
  ...{ temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1 },
  ...{ presencePenalty: 0, frequencyPenalty: 0, seed: 0 },
};
/** Tokens an answer might have: its end is kept in view, and far away. */
const FAR = 1_000_000;
/** A list of things that goes on for longer than is measured. */
const SCHEMA = {
  type: 'array',
  minItems: 500,
  items: {
    type: 'object',
    properties: {
      name: { type: 'string', maxLength: 24 },
      age: { type: 'integer', minimum: 0, maximum: 120 },
      email: { anyOf: [{ type: 'string', maxLength: 40 }, { type: 'null' }] },
      colours: { type: 'array', items: { enum: ['red', 'green', 'blue'] }, maxItems: 4 },
    },
    required: ['name', 'age', 'email', 'colours'],
    additionalProperties: false,
  },
};
const CONSTRAINTS = {
  json_schema: SCHEMA,
  json_object: { type: 'object' },
};

const unwrap = (result) => {
  if (!result.ok) throw result.error;
  return result.value;
};

/** The genesis tokens, then words of their letters put together: as many as the shape has. */
function vocabularyOf(size) {
  const read = (name) => JSON.parse(readFileSync(new URL(`models/genesis/${name}`, root), 'utf8'));
  const source = {
    tokenizer: read('tokenizer.json'),
    config: read('tokenizer_config.json'),
    generation: null,
  };
  const tokenizer = unwrap(TextTokenizer.create(source));
  const known = 2048;
  const bytesOf = (id) => {
    if (id < known) return tokenizer.tokenBytes(id);
    const parts = [300 + (id % 1700), 300 + ((id * 7919) % 1700)].map((part) => tokenizer.tokenBytes(part));
    return Uint8Array.from(parts.flatMap((part) => [...(part ?? [])]));
  };
  return makeVocabulary(size, bytesOf, [END], false);
}

async function speed(engine, model, { tokens, streams }, sampling) {
  const promptIds = [1, 300, 301, 302, 2];
  const request = { release: model.release, promptIds, maxTokens: tokens, stopIds: [], sampling };
  const started = performance.now();
  const answers = await Promise.all(
    Array.from({ length: streams }, () => engine.generate(request, () => {}).done),
  );
  const seconds = (performance.now() - started) / 1000;
  const made = answers.reduce((sum, answer) => sum + unwrap(answer).tokens.length, 0);
  if (made !== tokens * streams)
    throw new Error(`${made} tokens instead of ${tokens * streams}: the sides do not compare`);
  // Behind its end an answer is free, and costs nothing.
  if (sampling.constraint !== undefined && answers.some((answer) => answer.value.tokens.includes(END)))
    throw new Error('an answer ended before it was measured');
  return made / seconds;
}

/** A schema of the same shape with other names of properties: nothing that the engine keeps for the first serves it. */
function renamed(schema, mark) {
  return schema.replaceAll(/"(name|age|email|colours)"/g, `"$1_${mark}"`);
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

async function measureShape(name, folder) {
  const model = { ...writeModel(name, folder) };
  model.vocabulary = vocabularyOf(model.config.vocabSize);
  const limits = { expertCacheBytes: 2 ** 31, kvCacheBytes: 2 ** 28, maxStreams: 8 };
  const kernelPath = fileURLToPath(new URL('dist/kernel/kernel.wasm', root));
  const engine = await Engine.start({ threads: Number(threads), kernelPath, ...limits });
  try {
    unwrap(await engine.load(model));
    const figures = [];
    for (const [kind, schema] of Object.entries(CONSTRAINTS)) {
      const tokens = TOKENS[name] ?? 100;
      const obeying = (text) => ({ ...greedy, constraint: { version: 2, schema: text, tokens: FAR } });
      const known = JSON.stringify(schema);
      for (const streams of STREAMS) {
        const run = (sampling) => speed(engine, model, { tokens, streams }, sampling);
        const fresh = (round) => obeying(renamed(known, `${streams}x${round}`));
        // Compilers and caches settle.
        for (const sampling of [greedy, obeying(known), fresh('warm')]) await run(sampling);
        const sides = { free: [], known: [], new: [] };
        const order = Object.keys(sides);
        for (let round = 0; round < Number(rounds); round++) {
          const sampling = { free: greedy, known: obeying(known), new: fresh(round) };
          for (const side of order) sides[side].push(await run(sampling[side]));
          order.push(order.shift());
        }
        for (const met of kind === 'json_object' ? ['known'] : ['known', 'new']) {
          const ratios = sides[met].map((rate, round) => rate / sides.free[round]);
          figures.push({
            ...{ shape: name, streams, kind, met, free: median(sides.free), constrained: median(sides[met]) },
            ...{ ratio: median(ratios), least: Math.min(...ratios), greatest: Math.max(...ratios) },
          });
        }
      }
    }
    return figures;
  } finally {
    await engine.stop();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'stemma-constrained-'));
try {
  const rows = [];
  for (const name of shapes.split(',')) rows.push(...(await measureShape(name, folder)));
  console.table(
    rows.map(({ shape, streams, kind, met, free, constrained, ratio, least, greatest }) => ({
      ...{
        shape,
        streams,
        kind,
        schema: met,
        'free tok/s': free.toFixed(1),
        'constrained tok/s': constrained.toFixed(1),
      },
      ...{ ratio: ratio.toFixed(3), 'ratio min': least.toFixed(3), 'ratio max': greatest.toFixed(3) },
    })),
  );
  console.log(JSON.stringify({ threads: Number(threads), rounds: Number(rounds), rows }));
  for (const { shape, streams, kind, met, ratio } of rows)
    expectFigure(`speed with ${kind} (${met} schema), shape ${shape}, ${streams} streams`, ratio, {
      least: LEAST_RATIO,
    });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
