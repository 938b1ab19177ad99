import { sha256Hex } from '../../common/hash.js';
import {
  DOMAINS,
  evaluationSet,
  examples,
  first,
  isHeldOut,
  mixture,
  SPLITS,
  type LabelledExample,
} from './index.js';

/** Printed by the generator that the shipped genesis model was trained with: 2,000 lines of seed digest-1 each. */
const DIGESTS = {
  train: {
    story: 'c2d8ee36b79c47bf3d1c0e479c584fd9714cb508c79f4d25c86b0145844ee3a9',
    arithmetic: '82e19be1b9c7b3bf6b4b11da37bb72dd83ced124c16c80829e3d11022f5f7986',
    extraction: 'afbacfd79ef8dc9d0c74e341535104b2178c9022a892a106f80d39be7592b92f',
    logic: 'a62223e396e69b8dec27130645e4290c25104d45d6ca99aa01b20434a8cd7995',
    words: '183b389e514e1595505bd55b32e00d1929afebfc5f98cf2a46491bcb476a0b62',
    units: '99ed424c6c7854bccd834abde2271e9c7255cd91cdcabc542964f08d23bf4ef8',
    help: '49d8693d6c3dfd3dafa37371b6469239fdf2c5cd1be1e845b47e9c2c880f2530',
    facts: '57de674f75f6ab3fb50d91506b156426c218246c7b577f60e19c807db04d22bb',
    mixture: '332ecd101bfbcf146eaf6c66ff610727bb778b3c75a682504fa22587dd052c4e',
  },
  heldOut: {
    story: 'be06a39f218d0ab06975fc4d73d0025bfb966c2b3d889da520caca2bd2e8b646',
    arithmetic: '1a8097198a6be30156b12344b66818b693acca92b153f0db36e41529d941f4a3',
    extraction: 'ae239de65f4fd9d709960ef6a8d3f9c66646e54fa124eb37916a4caa9b5351d7',
    logic: 'f48942b81610e43c993000a9492913c6c46ffdf2545a54a67518f3cb130ea01d',
    words: '2d22bb7a34f5b2de233b3d6d188b41863034e2478ae3c048fbd4f93123f9837d',
    units: 'c7b8c74fbff8d303417db39ac5fc14732edf00e41c30f2f93f34ccc812f9c54e',
    help: '2c205f62d13aa884b2ea573ddc503ba6b1eb9578da000ddc935fd426d53c5305',
    facts: 'cfff651cf693acbe3429987782acebed02d36e8e6c76eb97f95a49ef4e12d86f',
    mixture: '618c205264cab16be61687f959c63d221334ce51ae919290835205676b1a0644',
  },
};
/** SHA-256 of the published `eval.jsonl`. */
const EVALUATION = '5d57c06d3cdb61a38c7572a99a8f1cc4c4595300ee558c6b745a87f61223c8e7';
const SEED = 'digest-1';

const lines = (values: Iterable<LabelledExample>) =>
  [...values].map((value) => `${JSON.stringify(value)}\n`).join('');

describe.each(SPLITS)('the %s half', (split) => {
  it.each(DOMAINS)('of $name is what it was when the genesis model was trained', (domain) => {
    const printed = lines(first(2000, examples(domain, split, SEED)));
    expect(sha256Hex(printed)).toBe(DIGESTS[split][domain.name as keyof typeof DIGESTS.train]);
  });

  it('is mixed as it was then', () => {
    expect(sha256Hex(lines(first(2000, mixture(split, SEED))))).toBe(DIGESTS[split].mixture);
  });

  it('holds prompts of its own half only', () => {
    for (const { prompt } of first(500, mixture(split, 'another')))
      expect(isHeldOut(prompt)).toBe(split === 'heldOut');
  });
});

it('draws the published evaluation set from its seed', () => {
  expect(sha256Hex(lines(evaluationSet('eval-1', 60)))).toBe(EVALUATION);
});
