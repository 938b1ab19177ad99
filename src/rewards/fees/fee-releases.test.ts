import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { Ledger } from '../ledger/ledger.js';
import type { TransferDraft, TransferResult } from '../ledger/transfer.js';
import { FeeReleases } from './fee-releases.js';

const BUSY = err(new CodedError('LEDGER_BUSY', 'Too many batches wait.', {}, 503));
const FREED: TransferResult = { ok: true, created: true } as TransferResult;

/** Releases on a ledger that answers as it is told, one call after another, and then frees all. */
function setUp() {
  const createTransfers = jest
    .fn<(drafts: readonly TransferDraft[]) => Promise<Result<readonly TransferResult[]>>>()
    .mockImplementation((drafts) => Promise.resolve(ok(drafts.map(() => FREED))));
  const asked = () => createTransfers.mock.calls.map(([drafts]) => drafts.map(({ pendingId }) => pendingId));
  return { sut: new FeeReleases({ createTransfers } as unknown as Ledger), createTransfers, asked };
}

beforeEach(() => {
  jest.useFakeTimers();
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('fees that were reserved and not taken', () => {
  it('are tried again until they are free, where the ledger was busy or broke', async () => {
    const { sut, createTransfers, asked } = setUp();
    createTransfers.mockResolvedValueOnce(BUSY).mockRejectedValueOnce(new Error('the database is gone'));
    await sut.free(['a', 'b']);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(asked()).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('are tried again each by itself, unless there is nothing left to free', async () => {
    const { sut, createTransfers, asked } = setUp();
    const codes = [
      'PENDING_TRANSFER_EXPIRED',
      'OVERFLOWS_DEBITS',
      'PENDING_TRANSFER_ALREADY_POSTED',
    ] as const;
    createTransfers.mockResolvedValueOnce(
      ok([...codes.map((code) => ({ ok: false, code }) as const), FREED]),
    );
    await sut.free(['expired', 'other', 'posted', 'freed']);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(asked().slice(1)).toEqual([['other']]);
  });

  it('are left to themselves when the server stops', async () => {
    const { sut, createTransfers } = setUp();
    let answer: (busy: typeof BUSY) => void = () => undefined;
    createTransfers.mockResolvedValueOnce(BUSY);
    createTransfers.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    await sut.free(['a']);
    await jest.advanceTimersByTimeAsync(1_000);
    let stopped = false;
    const stopping = sut.beforeApplicationShutdown().then(() => (stopped = true));
    await jest.advanceTimersByTimeAsync(1_000);
    expect(stopped).toBe(false);
    answer(BUSY);
    await stopping;
    createTransfers.mockResolvedValue(BUSY);
    await sut.free(['b']);
    await jest.advanceTimersByTimeAsync(10_000);
    expect([createTransfers.mock.calls.length, jest.getTimerCount()]).toEqual([3, 0]);
  });
});
