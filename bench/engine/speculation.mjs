// What guessing tokens from the text so far brings: tokens per second with and without, one stream, in interleaved pairs, for prompts
// whose answers repeat themselves and for ordinary ones, on the genesis model. Fails when the tokens of both sides are not the same, and when
// nothing was guessed where answers repeat themselves: nothing would have been compared.
// node bench/engine/speculation.mjs [threads] [pairs]
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Engine } from '../../dist/src/inference/kernel/index.js';
import { fail } from '../aims.mjs';
import { importGenesis } from './genesis.mjs';

const [, , threads = String(availableParallelism()), pairs = '9'] = process.argv;
const TOKENS = 120;
const greedy = {
  ...{ temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1 },
  ...{ presencePenalty: 0, frequencyPenalty: 0, seed: 20261121 },
};
const STORY = 'Tell me a story about a fox.';
const SCHEMA = {
  type: 'array',
  minItems: 50,
  items: {
    type: 'object',
    properties: {
      name: { type: 'string', maxLength: 8 },
      colour: { enum: ['red', 'green'] },
      size: { type: 'integer' },
    },
    required: ['name', 'colour', 'size'],
    additionalProperties: false,
  },
};
const TASKS = {
  /** A list of objects with the same keys. */
  'JSON list': {
    chat: STORY,
    sampling: { ...greedy, constraint: { version: 1, schema: JSON.stringify(SCHEMA) } },
  },
  /** The prompt is a text, over and over; the answer goes on with it. */
  'repetitive text': { text: 'The fox ran to the river and met an owl. '.repeat(8), sampling: greedy },
  story: { chat: STORY, sampling: greedy },
  'story, temperature 0.9': { chat: STORY, sampling: { ...greedy, temperature: 0.9, topP: 0.95 } },
  arithmetic: { chat: 'Compute 820 - 519.', sampling: greedy },
};

/** Tasks whose answers repeat themselves. */
const REPEATING = new Set(['JSON list', 'repetitive text']);

const unwrap = (result) => {
  if (!result.ok) throw result.error;
  return result.value;
};
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

const kernelPath = fileURLToPath(new URL('../../dist/kernel/kernel.wasm', import.meta.url));
const limits = { expertCacheBytes: 2 ** 30, kvCacheBytes: 2 ** 28, maxStreams: 8 };

/** Tokens per second after the first token, and the tokens. */
async function run({ engine, genesis }, { sampling, text, chat }, speculative) {
  const promptIds = text === undefined ? genesis.chatIds(chat) : genesis.textIds(text);
  const request = {
    release: genesis.model.release,
    promptIds,
    maxTokens: TOKENS,
    stopIds: [],
    sampling,
    speculative,
  };
  const { tokens, timings } = unwrap(await engine.generate(request, () => {}).done);
  return { tokens, speed: (tokens.length - 1) / (timings.decodeMs / 1000) };
}

async function measure(setting, name, task) {
  const { engine } = setting;
  for (const speculative of [true, false, true, false]) await run(setting, task, speculative);
  const before = unwrap(await engine.stats()).speculation;
  const both = [];
  for (let i = 0; i < Number(pairs); i++) {
    const order = i % 2 === 0 ? [false, true] : [true, false];
    const found = {};
    for (const speculative of order) found[speculative] = await run(setting, task, speculative);
    if (found.true.tokens.join() !== found.false.tokens.join()) fail(`${name}: other tokens`);
    both.push([found.false.speed, found.true.speed]);
  }
  const { drafted, accepted } = unwrap(await engine.stats()).speculation;
  if (REPEATING.has(name) && drafted === before.drafted) fail(`${name}: nothing was guessed`);
  const ratios = both.map(([plain, guessed]) => guessed / plain);
  return {
    ...{
      task: name,
      plain: median(both.map(([plain]) => plain)),
      guessed: median(both.map(([, speed]) => speed)),
    },
    ...{ ratio: median(ratios), least: Math.min(...ratios), greatest: Math.max(...ratios) },
    ...{ drafted: (drafted - before.drafted) / pairs, accepted: (accepted - before.accepted) / pairs },
  };
}

const folder = mkdtempSync(join(tmpdir(), 'stemma-speculation-'));
try {
  const genesis = importGenesis(folder);
  const engine = await Engine.start({ threads: Number(threads), kernelPath, ...limits });
  try {
    unwrap(await engine.load(genesis.model));
    const rows = [];
    for (const [name, task] of Object.entries(TASKS))
      rows.push(await measure({ engine, genesis }, name, task));
    const short = (value) => (typeof value === 'number' ? Number(value.toFixed(2)) : value);
    console.table(
      rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, short(value)]))),
    );
    console.log(JSON.stringify({ threads: Number(threads), pairs: Number(pairs), rows }));
  } finally {
    await engine.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
