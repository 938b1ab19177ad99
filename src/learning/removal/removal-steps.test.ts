import { smallConfig } from '../../../test/support/engine.js';
import { testConfig } from '../../../test/support/test-config.js';
import { CodedError, err } from '../../common/index.js';
import { ROLLOUT_BUSY, type PromotionAsk } from '../../experts/index.js';
import { RemovalSteps } from './removal-steps.js';
import type { RemovalRow } from './removal-row.js';

const RELEASE = 'a'.repeat(64);
const figures = { overall: { fall: 0, low: 0, high: 0 }, domains: {} };
const row = {
  ...{ id: 'removal_1', state: 'measured', version: '1.0.1', release: 'b'.repeat(64), decision: null },
  effect: { figures, worse: [] },
  statement: { model: 'tiny', release: RELEASE, experts: [{ name: 'layer0.expert1' }], reason: 'a test' },
} as unknown as RemovalRow;

/** @param code what the door refuses with */
function stepsOf(code: string) {
  const asked: PromotionAsk[] = [];
  const unused = {} as never;
  const index = { live: () => Promise.resolve({ model: 'tiny', release: RELEASE, config: smallConfig() }) };
  const door = {
    ask: (ask: PromotionAsk) => {
      asked.push(ask);
      return Promise.resolve(err(new CodedError(code, 'not now', {}, 409)));
    },
  };
  const sut = new RemovalSteps(
    ...([unused, unused, unused, unused, index as never, unused, unused, unused] as const),
    ...([unused, unused, unused, door as never, testConfig()] as const),
  );
  return { sut, asked };
}

const work = { signal: AbortSignal.any([]), progress: () => undefined };

describe('a removal whose release is asked for', () => {
  it('comes by stages, and waits where another release does', async () => {
    const { sut, asked } = stepsOf(ROLLOUT_BUSY);
    expect(await sut.step(row, work)).toEqual({ ok: true, value: { afterMs: 60_000 } });
    expect(asked).toMatchObject([{ staged: true, base: RELEASE, key: 'removal_1' }]);
  });

  it('refuses with whatever else may pass', async () => {
    const refused = await stepsOf('RELEASE_BASE_MOVED').sut.step(row, work);
    expect(refused).toMatchObject({ ok: false, error: { code: 'RELEASE_BASE_MOVED' } });
  });
});
