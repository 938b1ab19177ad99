import { unwrap } from '../../common/index.js';
import type { AppConfig } from '../../config/index.js';
import type { MeasuredSubject, SealedExamples } from '../sealed/sealed-examples.js';
import type { SealedStore } from '../sealed/sealed-store.js';
import { drawExamples, drawMore, evaluationDraws, type Draws } from './example-source.js';
import { ExampleSources } from './example-sources.js';

const root = 'cd'.repeat(32);
const subject = { model: 'genesis', beacon: { root } } as unknown as MeasuredSubject;
const supplyOf = (learningDraws: number) =>
  new ExampleSources({} as SealedExamples, {} as SealedStore, { learningDraws } as AppConfig).of(subject);

describe('the examples of a model with generators', () => {
  it('are as many as the server sets, of stories a fifth, and the verdict says so', async () => {
    const examples = unwrap(await supplyOf(20).first());
    const { draws } = supplyOf(20).told({ examples, more: {} });
    expect(draws).toMatchObject({ story: 4, arithmetic: 20, extraction: 20 });
    expect(examples).toEqual(drawExamples(root, draws as Draws));
    expect(supplyOf(160).told({ examples, more: {} }).draws).toMatchObject({ story: 32, arithmetic: 160 });
  });

  it('are drawn from anew as often as at first, then twice as often', async () => {
    const drawn = unwrap(await supplyOf(20).first());
    const rounds = [1, 2].map(async (round) => unwrap(await supplyOf(20).more(round, ['extraction'], drawn)));
    const [once, twice] = (await Promise.all(rounds)).map((more) => more.get('extraction')!.length);
    expect(once).toBeGreaterThan(10);
    expect(once).toBeLessThanOrEqual(20);
    expect(twice).toBeGreaterThan(20);
    expect(twice).toBeLessThanOrEqual(40);
    // Whoever recomputes it takes the number from the verdict.
    expect(unwrap(await supplyOf(20).more(1, ['extraction'], drawn))).toEqual(
      drawMore(root, 1, ['extraction'], drawn, evaluationDraws(20)),
    );
  });
});
