import { createEngine, randomModel, runWork, smallConfig } from '../../../test/support/engine.js';
import { unwrap } from '../../common/index.js';
import { logprobs } from '../sampler/index.js';
import type { TokenScore } from './score-task.js';

const built = randomModel(smallConfig(), 'int8', 3);
const { release } = built.model;
const ids = Array.from({ length: 130 }, (_, i) => (i * 31) % 100);

describe('score', () => {
  it('tells of every token but the first how likely it was after those before it', () => {
    const engine = createEngine(built);
    const rows = unwrap(runWork(engine, { kind: 'logits', release, ids })) as Float32Array[];
    const scores = unwrap(runWork(engine, { kind: 'score', release, ids, top: 3 })) as TokenScore[];
    expect(scores).toEqual(ids.slice(1).map((id, i) => ({ id, ...logprobs(rows[i], id, 3) })));
    expect(scores[0].top).toHaveLength(3);
    expect(new Set(scores.map(({ logprob }) => logprob)).size).toBeGreaterThan(100);
  });

  it('tells of those from the first that is judged on the same, and of no other', () => {
    const engine = createEngine(built);
    const scores = unwrap(runWork(engine, { kind: 'score', release, ids, top: 1 })) as TokenScore[];
    for (const first of [1, 2, 64, 129])
      expect(unwrap(runWork(engine, { kind: 'score', release, ids, top: 1, first }))).toEqual(
        scores.slice(first - 1),
      );
  });

  it.each([
    ['a first token to judge that nothing comes before', { first: 0 }],
    ['a first token to judge that is not there', { first: 130 }],
    ['a single token', { ids: [1] }],
    ['no token', { ids: [] }],
    ['too many alternatives', { top: 21 }],
  ])('is refused for %s', (_, changes) => {
    const result = runWork(createEngine(built), { kind: 'score', release, ids, top: 0, ...changes });
    expect(!result.ok && result.error.code).toBe('REQUEST_INVALID');
  });

  it('takes a prompt as long as the context', () => {
    const whole = Array.from({ length: 200 }, (_, i) => i % 100);
    const scores = unwrap(runWork(createEngine(built), { kind: 'score', release, ids: whole, top: 0 }));
    expect(scores).toHaveLength(199);
  });
});
