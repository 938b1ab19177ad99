import { ok, unwrap } from '../../common/index.js';
import { ACCEPTANCE_RULES, doubtsAbout, reasonsAgainst } from './acceptance.js';
import { EVALUATION_DRAWS, MORE_ROUNDS, type DomainExamples } from './example-source.js';
import { measureUntilClear } from './measure-until-clear.js';

const ROOT = 'ab'.repeat(32);
const RULES = { ...ACCEPTANCE_RULES, resamples: 200 };
const DOUBTED = Object.keys(EVALUATION_DRAWS)[0];

/** Losses that fall by a tenth, but in one domain where `factor` says, for the n-th of its examples, what becomes of them. */
function scripted(factor: (n: number) => number) {
  const asked: DomainExamples[] = [];
  let counted = 0;
  const measure = (examples: DomainExamples) => {
    asked.push(examples);
    const pairs = [...examples].map(([name, contents]) => [
      name,
      contents.map(() => ({ base: 1, candidate: name === DOUBTED ? factor(counted++) : 0.9, tokens: 1 })),
    ]);
    return Promise.resolve(ok(Object.fromEntries(pairs)));
  };
  return { asked, measure };
}

const countOf = (drawn: DomainExamples) => drawn.get(DOUBTED)!.length;

describe('a measurement', () => {
  it('ends with the usual examples where no domain is in doubt', async () => {
    const { asked, measure } = scripted(() => 0.9);
    const { more, examples, figures } = unwrap(await measureUntilClear(ROOT, RULES, measure));
    expect([asked.length, more]).toEqual([1, {}]);
    expect(examples).toEqual(asked[0]);
    expect(doubtsAbout(figures, RULES)).toEqual([]);
  });

  it('asks more of a domain whose rise may be chance, and accepts when it was', async () => {
    let first = Infinity;
    // The usual examples show a rise of 5 % with a spread of half; the others show none.
    const { asked, measure } = scripted((n) => (n < first ? 1.05 + (n % 2 === 0 ? 0.5 : -0.5) : 1));
    const begun = (examples: DomainExamples) => {
      first = Math.min(first, countOf(examples));
      return measure(examples);
    };
    const { figures, more, examples } = unwrap(await measureUntilClear(ROOT, RULES, begun));
    expect(asked.length).toBeGreaterThan(1);
    expect([...asked[1].keys()]).toEqual([DOUBTED]);
    expect(more).toEqual({ [DOUBTED]: asked.length - 1 });
    expect(figures.domains[DOUBTED].examples).toBe(asked.reduce((sum, drawn) => sum + countOf(drawn), 0));
    const keys = examples.get(DOUBTED)!.map((content) => JSON.stringify(content));
    expect(new Set(keys).size).toBe(keys.length);
    expect(reasonsAgainst(figures, [], RULES)).toEqual([]);
  });

  it('refuses a rise that a few examples cannot show', async () => {
    const { asked, measure } = scripted((n) => 1.06 + (n % 2 === 0 ? 0.4 : -0.4));
    const { figures } = unwrap(await measureUntilClear(ROOT, RULES, measure));
    expect(asked.length).toBeGreaterThan(1);
    expect(reasonsAgainst(figures, [], RULES)).toMatchObject([{ code: 'DOMAIN_WORSE' }]);
  });

  it('ends with what may still be chance when the last examples are drawn', async () => {
    const { asked, measure } = scripted((n) => 1.02 + (n % 2 === 0 ? 2 : -2));
    const { figures } = unwrap(await measureUntilClear(ROOT, RULES, measure));
    expect(asked).toHaveLength(1 + MORE_ROUNDS);
    expect(reasonsAgainst(figures, [], RULES)).toEqual([]);
    const detail = expect.stringContaining(`${DOUBTED}: the loss rises by`) as string;
    expect(doubtsAbout(figures, RULES)).toEqual([{ code: 'DOMAIN_UNCERTAIN', detail }]);
  });

  it('does not draw more where the rise is certain', async () => {
    const { asked, measure } = scripted(() => 1.05);
    const { figures } = unwrap(await measureUntilClear(ROOT, RULES, measure));
    expect(asked).toHaveLength(1);
    expect(reasonsAgainst(figures, [], RULES)).toMatchObject([{ code: 'DOMAIN_WORSE' }]);
  });
});
