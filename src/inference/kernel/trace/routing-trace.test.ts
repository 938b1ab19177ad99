import { unwrap } from '../../../common/index.js';
import {
  addToSet,
  decodeTrace,
  encodeTrace,
  expertsOf,
  recordBytes,
  rowsOf,
  setOffset,
} from './routing-trace.js';

const header = {
  ...{ release: 'ab'.repeat(32), layers: 3, experts: 10, expertsPerToken: 2, expertBytes: 1000 },
  ...{ predictions: true, skipped: 5 },
};
const bytes = recordBytes(header);

function example() {
  const records = new Uint8Array(2 * bytes);
  records[bytes] = 3;
  records[bytes + 1] = 1;
  for (const expert of [0, 7, 9]) addToSet(records, bytes + setOffset(header, 1, 'used'), expert);
  addToSet(records, bytes + setOffset(header, 2, 'predicted'), 8);
  return { header, steps: 2, records };
}

describe('routing trace', () => {
  it('has the size that the format says and comes back as it was written', () => {
    expect(bytes).toBe(2 + 3 * 2 * 2);
    const trace = unwrap(decodeTrace(encodeTrace(example())));
    expect(trace).toMatchObject({ header, steps: 2 });
    expect(rowsOf(trace, 0)).toBe(0);
    expect(rowsOf(trace, 1)).toBe(259);
    expect(expertsOf(trace, 1, 1, 'used')).toEqual([0, 7, 9]);
    expect(expertsOf(trace, 1, 1, 'predicted')).toEqual([]);
    expect(expertsOf(trace, 1, 2, 'predicted')).toEqual([8]);
    expect(expertsOf(trace, 0, 1, 'used')).toEqual([]);
  });

  it('is refused when it is cut anywhere, of another version, or its header is not right', () => {
    const file = encodeTrace(example());
    const refused = (changed: Uint8Array) =>
      expect(decodeTrace(changed)).toMatchObject({ ok: false, error: { code: 'TRACE_INVALID' } });
    for (let length = 0; length < file.length; length++) {
      const rest = file.length - length;
      if (rest === bytes) continue;
      refused(file.subarray(0, length));
    }
    const other = file.slice();
    other[8] = 2;
    refused(other);
    for (const change of [{ layers: 0 }, { experts: 1e9 }, { skipped: -1 }, { expertsPerToken: 11 }]) {
      refused(encodeTrace({ ...example(), header: { ...header, ...change } }));
    }
  });
});
