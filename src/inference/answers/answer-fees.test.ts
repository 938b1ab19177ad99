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

  it('costs nothing where another choice fails: what both gave out is stated, and nobody gets an answer', async () => {
    const { sut, engine, write, release } = charged();
    const { running } = await begin(sut, { choices: 3 });
    const [first, second, third] = await Promise.all([0, 1, 2].map((i) => engine.generation(i)));
    for (const generation of [first, second]) generation.tokens(...idsOf('The'));
    first.finish('length');
    await new Promise((resolve) => setImmediate(resolve));
    third.fail(new CodedError('ENGINE_RESTARTED', 'the engine was started again', {}, 503));
    await new Promise((resolve) => setImmediate(resolve));
    expect([second.cancelled, release.mock.calls.length]).toEqual([true, 0]);
    second.finish('cancelled');
    expect(await running).toMatchObject({ ok: false, error: { code: 'ENGINE_RESTARTED' } });
    expect(write.mock.calls.map(([{ receipt }, fee]) => [receipt.output.finish, fee])).toEqual([
      ['length', undefined],
      ['cancelled', undefined],
    ]);
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('frees what was reserved only when all that is written has ended, also where one was not', async () => {
    const { sut, engine, write, release } = charged();
    let written: () => void = () => undefined;
    write.mockRejectedValueOnce(new Error('the database is gone'));
    write.mockReturnValueOnce(new Promise<void>((resolve) => (written = resolve)));
    const { running } = await begin(sut, { choices: 2 });
    const ended = expect(running).rejects.toThrow('the database is gone');
    for (const i of [0, 1]) {
      const generation = await engine.generation(i);
      generation.tokens(...idsOf('The'));
      generation.finish('length');
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect([write.mock.calls.length, release.mock.calls.length]).toEqual([2, 0]);
    written();
    await ended;
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('leaves no choice computing where another one throws', async () => {
    const { sut, engine, meter, write, release } = charged();
    jest.spyOn(meter, 'started').mockImplementationOnce(() => {
      throw new Error('a bug');
    });
    const { running } = await begin(sut, { choices: 2 });
    const ended = expect(running).rejects.toThrow('a bug');
    const other = await engine.generation(0);
    other.tokens(...idsOf('The'));
    await new Promise((resolve) => setImmediate(resolve));
    expect([other.cancelled, release.mock.calls.length]).toEqual([true, 0]);
    other.finish('cancelled');
    await ended;
    expect([write.mock.calls.length, release.mock.calls.length]).toEqual([0, 1]);
  });

  it('is not reserved where there is no engine', async () => {
    const { sut, host, reserve } = charged();
    await host.onApplicationShutdown();
    const refused = await (await begin(sut)).running;
    expect(refused).toMatchObject({ ok: false, error: { code: 'ENGINE_UNAVAILABLE' } });
    expect(reserve).not.toHaveBeenCalled();
  });
});
