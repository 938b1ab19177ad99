import fc from 'fast-check';
import { createKernel } from '../../../../test/support/engine.js';
import { unwrap } from '../../../common/index.js';
import { recordBytes } from '../../kernel/abi.js';
import { makeRecord } from './record.js';

const { fround } = Math;
const { heap, exports } = createKernel();

describe('activation record of the referee', () => {
  it("is the kernel's to the bit, from the smallest values to the greatest and half way between two integers", () => {
    const columns = 64;
    const place = unwrap(heap.allocate(recordBytes(columns)));
    const value = fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.float({ min: -2, max: 2, noNaN: true }),
      fc.integer({ min: -254, max: 254 }).map((n) => n / 2),
    );
    const magnitude = fc.constantFrom(1, 1e-37, fround(1e-36), 1e-35, 1e-45);
    fc.assert(
      fc.property(
        fc.array(value, { minLength: columns, maxLength: columns }),
        magnitude,
        (numbers, factor) => {
          const values = Float32Array.from(numbers, (x) => x * factor);
          heap.floats(place, columns).set(values);
          exports.quantizeRecord(place, columns);
          const integers = new Int16Array(heap.memory.buffer, place + columns * 4, columns);
          const scales = heap.floats(place + columns * 6, columns / 32);
          expect([...makeRecord(values)]).toEqual([...values, ...integers, ...scales]);
        },
      ),
    );
  });
});
