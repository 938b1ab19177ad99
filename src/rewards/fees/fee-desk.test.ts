import { jest } from '@jest/globals';
import { CodedError, err, ok, unwrap, type Result } from '../../common/index.js';
import { AnswerFees } from '../../inference/index.js';
import type { LogAppender } from '../../log/index.js';
import type { BatchRequest, BatchResults } from '../ledger/compute-batch.js';
import type { Ledger } from '../ledger/ledger.js';
import type { PolicyInForce } from '../policy/policy-in-force.js';
import { FeeDesk } from './fee-desk.js';
import type { FeeReleases } from './fee-releases.js';

const policy = { current: { usage: { fee: 5n, feeBy: 'server' } } } as PolicyInForce;
const refusal = (code: string) => err(new CodedError(code, 'not now', {}, 503));
const done = ({ transfers }: BatchRequest) =>
  ok({
    accounts: [],
    transfers: transfers.map(() => ({ ok: true, created: true })),
  } as unknown as BatchResults);

/** A fee that is reserved, on a ledger that answers as it is told from then on, and then makes everything. */
async function reserved() {
  const submit = jest
    .fn<(request: BatchRequest) => Promise<Result<BatchResults>>>()
    .mockImplementation((request) => Promise.resolve(done(request)));
  const free = jest.fn(() => Promise.resolve());
  const log = { committed: () => undefined } as unknown as LogAppender;
  const ledger = { submit } as unknown as Ledger;
  const desk = new FeeDesk(policy, ledger, log, new AnswerFees(), { free } as unknown as FeeReleases);
  const fees = unwrap(await desk.reserve('ann', 1));
  submit.mockClear();
  return { ...fees, submit, free };
}

const write = () => Promise.resolve();

describe('taking a fee', () => {
  afterEach(() => jest.restoreAllMocks());

  it('waits for its turn where the ledger is busy: the answer was made', async () => {
    const { each, submit, free, release } = await reserved();
    submit.mockResolvedValueOnce(refusal('LEDGER_BUSY')).mockResolvedValueOnce(refusal('BLOCK_PREV'));
    await each[0].take('rcpt_1', write);
    expect(submit).toHaveBeenCalledTimes(3);
    await release();
    expect(free).toHaveBeenCalledWith([]);
  });

  it('gives up after a minute, and at once where waiting helps nothing', async () => {
    const { each, submit, free, release } = await reserved();
    submit.mockResolvedValueOnce(refusal('STORAGE_FULL'));
    await expect(each[0].take('rcpt_1', write)).rejects.toThrow('not now');
    expect(submit).toHaveBeenCalledTimes(1);
    submit.mockResolvedValue(refusal('LEDGER_BUSY'));
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => (now += 25_000));
    await expect(each[0].take('rcpt_1', write)).rejects.toThrow('not now');
    expect(submit).toHaveBeenCalledTimes(4);
    await release();
    expect(free).toHaveBeenCalledWith([expect.any(String)]);
  });
});
