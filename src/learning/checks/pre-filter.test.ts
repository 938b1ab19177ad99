import type { BlockReader } from '../../chain/index.js';
import { ok, unwrap } from '../../common/index.js';
import type { DomainLosses } from '../evaluation/acceptance.js';
import type { DomainExamples } from '../evaluation/example-source.js';
import type { Comparison } from '../evaluation/compare-losses.js';
import type { LossMeter } from '../evaluation/loss-meter.js';
import { PRE_FILTER_AIM_MS, PreFilter } from './pre-filter.js';

/** More than what the check itself takes here, much less than it may take. */
const BUSY_MS = 120;

function keepBusy(): void {
  const before = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(before);
    if (user + system >= BUSY_MS * 1000) return;
  }
}

/** Every loss is the same before and after. @param busy whether asking for them costs processor time */
function preFilter(busy: boolean): PreFilter {
  const compare = (_: unknown, examples: DomainExamples) => {
    if (busy) keepBusy();
    const pairs = [...examples].map(([name, contents]) => [
      name,
      contents.map(() => ({ base: 1, candidate: 1, tokens: 1 })),
    ]);
    return Promise.resolve(ok(Object.fromEntries(pairs) as DomainLosses));
  };
  return new PreFilter({} as BlockReader, { compare } as unknown as LossMeter);
}

describe('the pre-filter', () => {
  const comparison = { base: { name: 'genesis' } } as unknown as Comparison;
  const check = async (busy: boolean) => unwrap(await preFilter(busy).check([], comparison));

  it('tells what it took of the processor, beside what it should take', async () => {
    const idle = await check(false);
    expect(idle).toMatchObject({ passed: true, figures: { cpu_aim_ms: PRE_FILTER_AIM_MS } });
    const { cpu_ms: least } = idle.figures as { readonly cpu_ms: number };
    const { cpu_ms: more } = (await check(true)).figures as { readonly cpu_ms: number };
    expect(Number.isInteger(least) && least >= 0).toBe(true);
    expect(more).toBeGreaterThanOrEqual(BUSY_MS);
  });

  it('probes no model that has no public examples: its weights are all that is looked at', async () => {
    const other = { base: { name: 'fable' } } as unknown as Comparison;
    const compare = () => Promise.reject(new Error('it was probed'));
    const sut = new PreFilter({} as BlockReader, { compare } as unknown as LossMeter);
    expect(unwrap(await sut.check([], other))).toMatchObject({ passed: true, figures: { probe: null } });
  });
});
