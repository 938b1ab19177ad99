import { createEngine, randomModel, smallConfig } from '../../../test/support/engine.js';
import { unwrap, type Result } from '../../common/index.js';
import { GREEDY } from '../sampler/index.js';
import type { GenerateEvent, Priority } from './requests.js';

const built = randomModel(smallConfig(), 'int8', 3);
const { release } = built.model;
/** The same weights as another release. */
const other = 'bb'.repeat(32);

/** Steps after which all prompts of a test are read, at eight rows each. */
const MOST_STEPS = 200;

/** An engine with two models that both have work, and eight rows in a batch. */
function setUp() {
  const engine = createEngine(built, { batchRows: 8 }, undefined, () => 0);
  unwrap(engine.load({ ...built.model, release: other }));
  const begun: number[] = [];
  const submit = (id: number, model: string, prompt: number, priority: Priority = 'inference') => {
    const promptIds = Array.from({ length: prompt }, (_, i) => (id * 17 + i) % 100);
    const sink = {
      event: (event: GenerateEvent) => event.type === 'token' && event.index === 0 && begun.push(id),
      done: (result: Result<unknown>) => void unwrap(result),
    };
    const asked = { release: model, promptIds, maxTokens: 4, stopIds: [], sampling: GREEDY, priority };
    engine.submit(id, { kind: 'generate', ...asked }, sink);
  };
  /** The request that has its first token first. */
  const first = () => {
    for (let steps = 0; steps < MOST_STEPS && begun.length === 0; steps++) engine.step();
    return begun[0];
  };
  return { submit, first };
}

describe('a model beside another one', () => {
  it('lets learning get on in every eighth of its own batches', () => {
    const { submit, first } = setUp();
    submit(1, release, 190);
    submit(2, release, 190);
    submit(3, release, 8, 'learning');
    submit(4, other, 190);
    expect(first()).toBe(3);
  });

  it('gives each of two prompts its turn', () => {
    const { submit, first } = setUp();
    submit(1, release, 20);
    submit(2, release, 190);
    submit(3, other, 190);
    expect(first()).toBe(1);
  });
});
