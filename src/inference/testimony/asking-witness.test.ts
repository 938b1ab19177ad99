import { randomModel, smallConfig } from '../../../test/support/engine.js';
import { CodedError, err, ok, unwrap } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { PlainWeights, PlainWitness, settle, type Place } from '../dispute/index.js';
import { MemoryBlockSource } from '../kernel/index.js';
import { GREEDY } from '../sampler/index.js';
import { AskingWitness, type AskNode } from './asking-witness.js';
import { checkQuestion, type TestimonyQuestion } from './question.js';
import { rowsOf } from './witness-work.js';

const built = randomModel(smallConfig({ vocabSize: 40 }), 'int8', 3);
const { config } = built.model;
const weights = new PlainWeights(built.model, new MemoryBlockSource(built.payloads, nativeSha256));
const referee = { weights, sha256: nativeSha256 };
const question = {
  ...{ release: built.model.release, kernelHash: '0'.repeat(64), promptIds: [3, 1, 4] },
  ...{ sampling: GREEDY, salt: new Uint8Array(32) },
};
const TOKENS = 100;
const FAULTY_POSITION = 50;

let honest: PlainWitness;
let faulty: PlainWitness;

beforeAll(async () => {
  honest = unwrap(await PlainWitness.answer(question, TOKENS, referee));
  // what the integer matrices read of the record
  const tamper = (place: Place, value: Float32Array) => {
    if (place.position === FAULTY_POSITION && place.section === 2 && place.operator === 'attention')
      value[config.heads * config.headDim + 5] += 1;
  };
  faulty = unwrap(await PlainWitness.answer(question, TOKENS, { ...referee, tamper }));
});

/** The node of a side, with what it was asked; it refuses what a node refuses. */
function nodeOf(witness: PlainWitness): { ask: AskNode; asked: TestimonyQuestion[] } {
  const asked: TestimonyQuestion[] = [];
  const length = { promptTokens: 3, outputTokens: TOKENS };
  return {
    asked,
    ask: (wanted) => {
      asked.push(wanted);
      unwrap(checkQuestion(wanted, config, length));
      return rowsOf(witness, wanted);
    },
  };
}

const sideOf = (side: 'a' | 'b', witness: PlainWitness, ask: AskNode) =>
  new AskingWitness(side, witness.statement, config, ask);

describe('a side that is asked elsewhere', () => {
  it('comes to the same verdict as one that is here, and is asked nothing twice', async () => {
    const [nodeA, nodeB] = [nodeOf(honest), nodeOf(faulty)];
    const [a, b] = [sideOf('a', honest, nodeA.ask), sideOf('b', faulty, nodeB.ask)];
    const verdict = unwrap(await settle(a, b, referee));
    expect(verdict).toMatchObject({
      ...{ wrong: ['b'], place: { position: FAULTY_POSITION, layer: 1, operator: 'attention' } },
    });
    expect(verdict).toEqual(unwrap(await settle(honest, faulty, referee)));
    const texts = nodeA.asked.map((wanted) => JSON.stringify(wanted));
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('is asked for many positions at once, though the operator reads those of all before it', async () => {
    const { ask, asked } = nodeOf(honest);
    unwrap(await settle(sideOf('a', honest, ask), faulty, referee));
    // states, positions, 2 sections, operators of the section, first and rest of keys, of values, query, the output itself
    expect(asked.length).toBeLessThan(16);
  });

  it.each<[string, AskNode]>([
    ['refuses', () => Promise.resolve(err(new CodedError('NODE_REFUSED', 'no')))],
    [
      'gives rows that are no digests',
      ({ first, end }) => Promise.resolve(ok(Array<string>(end - first).fill('xyz'))),
    ],
    [
      'gives rows of two digests',
      ({ first, end }) => Promise.resolve(ok(Array<string>(end - first).fill('ab'.repeat(64)))),
    ],
  ])('and whose node %s is not heard', async (_, ask) => {
    const settled = await settle(honest, sideOf('b', faulty, ask), referee);
    expect(settled).toMatchObject({ ok: false, error: { code: 'NODE_UNHEARD', facts: { side: 'b' } } });
  });

  it('and gives values that are no float32 is not heard', async () => {
    const { ask } = nodeOf(faulty);
    const garbled: AskNode = async (wanted) =>
      wanted.of === 'value' ? ok(Array<string>(wanted.end - wanted.first).fill('AAA=')) : ask(wanted);
    const settled = await settle(honest, sideOf('b', faulty, garbled), referee);
    expect(settled).toMatchObject({ ok: false, error: { facts: { side: 'b', code: 'TESTIMONY_INVALID' } } });
  });
});
