import fc from 'fast-check';
import { canonicalJson, type Json } from './canonical-json.js';

describe('canonical JSON', () => {
  it('prints the sorting example of RFC 8785 §3.2.3 in its order', () => {
    const value = {
      '€': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew',
      '1': 'One',
      '😀': 'Emoji',
      '\u0080': 'Control',
      ö: 'Latin',
    };
    expect(Object.values(JSON.parse(canonicalJson(value)) as object)).toHaveLength(7);
    expect([...canonicalJson(value).matchAll(/:"([^"]+)"/g)].map((match) => match[1])).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin',
      'Euro Sign',
      'Emoji',
      'Hebrew',
    ]);
  });

  it('prints numbers as RFC 8785 Appendix B does', () => {
    expect(canonicalJson([333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0])).toBe(
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]',
    );
  });

  it('is the same for any order of keys and reads back', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue() as fc.Arbitrary<Json>),
        (value) => {
          const shuffled = Object.fromEntries(Object.entries(value).reverse());
          expect(canonicalJson(shuffled)).toBe(canonicalJson(value));
          expect(canonicalJson(JSON.parse(canonicalJson(value)) as Json)).toBe(canonicalJson(value));
        },
      ),
    );
  });

  it.each([NaN, Infinity, undefined, '\ud800', { a: undefined }, [() => 1]])('refuses %p', (value) => {
    expect(() => canonicalJson(value as Json)).toThrow(TypeError);
  });
});
