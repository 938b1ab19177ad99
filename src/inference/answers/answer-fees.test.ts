import { jest } from '@jest/globals';
import { begin, idsOf, inferenceUnderTest } from '../../../test/factories/inference-under-test.js';
import { CodedError, err, ok, unwrap } from '../../common/index.js';
import { AnswerFees, type FeeCollector } from './answer-fees.js';

/** The service where answers cost something. */
function charged() {
  const each = [1, 2].map((units) => ({ units: BigInt(units), take: () => Promise.resolve() }));
  const release = jest.fn(() => Promise.resolve());
  const reserve = jest.fn<FeeCollector['reserve']>().mockResolvedValue(ok({ each, release }));
  const fees = new AnswerFees();
  fees.collectBy({ reserve });
  return { ...inferenceUnderTest(2, undefined, undefined, fees), each, release, reserve };
}

describe('an answer that costs a fee', () => {
  it('is paid for with the receipt, each choice by itself, and not where there is no token', async () => {
    const { sut, engine, write, reserve, release, each } = charged();
    const { running } = await begin(sut, { choices: 2, owner: 'ann' });
    const [first, second] = [await engine.generation(0), await engine.generation(1)];
    expect(reserve).toHaveBeenCalledWith('ann', 2);
    second.tokens(...idsOf('The'));
    second.finish('length');
    first.finish('cancelled');
    expect(unwrap(await running).map(({ receipt }) => receipt === null)).toEqual([true, false]);
    expect(write.mock.calls).toEqual([[expect.anything(), each[1]]]);
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('computes nothing for whoever cannot pay, and gives back its place', async () => {
    const { sut, engine, meter, write, reserve } = charged();
    reserve.mockResolvedValue(err(new CodedError('FEE_EXCEEDS_BALANCE', 'too little', {}, 402)));
    const { running } = await begin(sut);
    const first = await Promise.race([running, engine.generation(0)]);
    expect(first).toMatchObject({ ok: false, error: { code: 'FEE_EXCEEDS_BALANCE', status: 402 } });
    expect(write).not.toHaveBeenCalled();
    expect(meter.queue.size).toBe(0);
  });
});
