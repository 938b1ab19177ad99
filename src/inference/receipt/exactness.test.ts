import { aReceipt } from '../../../test/factories/receipt.js';
import { canonicalJson, type Json } from '../../common/index.js';
import { checkStatement } from '../replay/check-statement.js';
import { laneOfReceipt, parseReceipt, requireExact } from './index.js';

const lane = { hash: 'cd'.repeat(32), backend: 'wasm', device: 'WebAssembly' };
const fast = aReceipt(5, { lane, kernel: lane.hash });
const exact = aReceipt(5);

describe('a receipt of the fast lane', () => {
  it('says so, is read as it was made, and nothing in it disagrees', () => {
    const { receipt, evidence } = fast;
    expect(receipt).toMatchObject({ exact: false, backend: 'wasm', device: 'WebAssembly' });
    expect(parseReceipt(JSON.parse(canonicalJson(receipt as unknown as Json)))).toEqual({
      ok: true,
      value: receipt,
    });
    const parts = checkStatement({ receipt, evidence, log: null });
    expect(parts.every(({ agrees }) => agrees)).toBe(true);
    const detail = 'fast lane (TensorFlow.js, wasm on WebAssembly): not replayable bit for bit';
    expect(parts).toContainEqual({ part: 'lane', agrees: true, detail, token: null });
  });

  it('is refused where an answer is computed again', () => {
    expect(requireExact(fast.receipt)).toMatchObject({
      ok: false,
      error: { code: 'RECEIPT_NOT_EXACT', status: 409, facts: { receipt: fast.receipt.id } },
    });
  });

  it('is not read with less, more or other than the format says', () => {
    const { device: _device, ...less } = fast.receipt;
    const wrong = [
      less,
      { ...exact.receipt, exact: true },
      { ...fast.receipt, exact: true },
      { ...fast.receipt, device: '' },
      { ...fast.receipt, device: 'a\nb' },
      { ...fast.receipt, backend: 'x'.repeat(129) },
    ];
    for (const receipt of wrong) expect(parseReceipt(receipt)).toMatchObject({ ok: false });
  });
});

describe('a receipt of the kernel', () => {
  it('has no members of the fast lane', () => {
    expect(Object.keys(exact.receipt)).not.toEqual(expect.arrayContaining(['exact']));
    expect(laneOfReceipt(exact.receipt)).toBeNull();
    expect(requireExact(exact.receipt).ok).toBe(true);
    const parts = checkStatement({ ...exact, log: null });
    expect(parts.map(({ part }) => part)).toEqual(['id', 'signature', 'evidence']);
  });
});
