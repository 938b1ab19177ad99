import fc from 'fast-check';
import { cosine, exp, ln } from './mathematics.js';

describe('exponential and logarithm', () => {
  it('agrees with the library within a few units of the last place', () => {
    fc.assert(
      fc.property(fc.double({ min: -690, max: 0, noNaN: true }), (x) => {
        expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(1e-14);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        expect(Math.abs(ln(x) - Math.log(x))).toBeLessThan(1e-14 * Math.max(1, Math.abs(Math.log(x))));
      }),
    );
    expect([exp(0), exp(-701), ln(1)]).toEqual([1, 0, 0]);
  });

  it('agrees with the library on half a turn of the cosine', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (x) => {
        expect(Math.abs(cosine(x) - Math.cos(Math.PI * x))).toBeLessThan(1e-15);
      }),
    );
    expect([cosine(0), cosine(1)]).toEqual([1, -1]);
  });
});
