import { ACCUSERS, type Accuser } from '../../../test/support/accusers.js';
import type { AnswerWay } from '../../../test/support/answer-ways.js';
import { ANSWER_TOKENS } from '../../../test/support/dispute-subjects.js';
import { DisputeTrials, FAULT_KINDS } from '../../../test/support/dispute-trials.js';
import { HonestDisputes } from '../../../test/support/honest-disputes.js';
import { unwrap } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { Tamper } from './plain-forward.js';
import { PlainWitness } from './plain-witness.js';

/** A way that would be honest, were it not for one logit of one token. */
const OTHER_BITS: AnswerWay = {
  name: 'other bits',
  async answer({ weights }, question) {
    const tamper: Tamper = ({ position, operator }, value) => {
      if (position === 20 && operator === 'logits') value[7] += 1;
    };
    const options = { weights, sha256: nativeSha256, tamper };
    const side = unwrap(await PlainWitness.answer(question, ANSWER_TOKENS, options));
    return { tokens: side.statement.outputIds, states: unwrap(await side.states(0, ANSWER_TOKENS)) };
  },
};

const SEED = Number(process.env.DISPUTE_SEED ?? Date.now() % 1_000_000);

describe('a dispute', () => {
  it(`finds whose bit was flipped, in which layer and operator (seed ${SEED})`, async () => {
    const trials = new DisputeTrials(SEED);
    for (let i = 0; i < 25; i++) {
      const { kind, failure, verdict } = await trials.faulty(FAULT_KINDS[i % FAULT_KINDS.length]);
      expect({ trial: i, kind, failure }).toEqual({ trial: i, kind, failure: null });
      expect(verdict.differs).toBe(true);
    }
  }, 300_000);

  it(`finds nothing between honest sides that computed in different ways (seed ${SEED})`, async () => {
    const trials = new HonestDisputes(SEED + 1);
    for (let i = 0; i < 25; i++) {
      const { kind, failure } = await trials.agreeing();
      expect({ trial: i, kind, failure }).toEqual({ trial: i, kind, failure: null });
    }
  }, 300_000);

  it.each(Object.keys(ACCUSERS) as Accuser[])(
    `never blames an honest side when the other one %s (seed ${SEED})`,
    async (accuser) => {
      const trials = new HonestDisputes(SEED + 2);
      for (let i = 0; i < 4; i++) {
        const { failure } = await trials.accused(accuser);
        expect({ trial: i, failure }).toEqual({ trial: i, failure: null });
      }
    },
    300_000,
  );

  it('names the way of computing whose bits are others', async () => {
    const trials = new HonestDisputes(SEED + 3, [OTHER_BITS]);
    const found = new Set<boolean>();
    for (let i = 0; i < 20; i++) {
      const { kind, failure } = await trials.agreeing();
      found.add(kind.includes(OTHER_BITS.name));
      expect({ kind, failed: failure !== null }).toEqual({ kind, failed: kind.includes(OTHER_BITS.name) });
    }
    expect(found.size).toBe(2);
  }, 300_000);
});
