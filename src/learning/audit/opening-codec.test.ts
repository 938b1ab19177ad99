import { unwrap } from '../../common/index.js';
import type { Opening } from './opening.js';
import { decodeOpening, encodeOpening } from './opening-codec.js';

const hash = (byte: number) => new Uint8Array(32).fill(byte);
const opening: Opening = {
  updates: [
    {
      ...{ step: 3, state: Float32Array.of(1, 2, 3) },
      examples: [
        { index: 7, ids: [1, 2, 70_000], firstTarget: 1, path: [hash(1), hash(2)] },
        { index: 0, ids: [5, 6], firstTarget: 1, path: [] },
      ],
    },
    { step: 9, state: Float32Array.of(-0.5), examples: [] },
  ],
  end: { values: Float32Array.of(4, 5), moments: [hash(3), hash(4)] },
};

/** An opening with a header of one's own choice in front of so many words. */
function withHeader(header: unknown, words = 0): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(4 + text.length + words * 4);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  return bytes;
}

describe('an opening', () => {
  it('is read as it was written, wherever its bytes begin', () => {
    const bytes = encodeOpening(opening);
    expect(unwrap(decodeOpening(bytes))).toEqual(opening);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(unwrap(decodeOpening(shifted.subarray(1)))).toEqual(opening);
  });

  it('is none when it ends too early or too late', () => {
    const bytes = encodeOpening(opening);
    for (let length = 0; length < bytes.length; length++)
      expect(decodeOpening(bytes.subarray(0, length))).toMatchObject({ error: { code: 'OPENING_FORM' } });
    const longer = new Uint8Array(bytes.length + 4);
    longer.set(bytes);
    expect(decodeOpening(longer)).toMatchObject({ error: { code: 'OPENING_FORM' } });
  });

  it('may have no updates', () => {
    expect(
      decodeOpening(withHeader({ version: 1, updates: [], end: { values: 1, moments: [] } }, 1)).ok,
    ).toBe(true);
  });

  const example = { index: 0, tokens: 1, first_target: 1, path: [] };
  const end = { values: 0, moments: [] };
  it.each<[string, unknown]>([
    ['null', null],
    ['another version', { version: 2, updates: [], end }],
    ['no list', { version: 1, updates: {}, end }],
    ['no end', { version: 1, updates: [] }],
    ['a negative size', { version: 1, updates: [{ step: 0, values: -1, examples: [] }], end }],
    ['an immense size', { version: 1, updates: [{ step: 0, values: 2 ** 50, examples: [] }], end }],
    ['more values than bytes', { version: 1, updates: [{ step: 0, values: 9, examples: [] }], end }],
    ['more tokens than bytes', { version: 1, updates: [{ step: 0, values: 0, examples: [example] }], end }],
    ['a hash that is none', { version: 1, updates: [], end: { values: 0, moments: ['xyz'] } }],
    [
      'a path that is too long',
      {
        version: 1,
        updates: [
          { step: 0, values: 0, examples: [{ ...example, tokens: 0, path: Array(33).fill('0'.repeat(64)) }] },
        ],
        end,
      },
    ],
    ['too many updates', { version: 1, updates: Array(65).fill({ step: 0, values: 0, examples: [] }), end }],
  ])('is refused with %s', (_, header) =>
    expect(decodeOpening(withHeader(header))).toMatchObject({ error: { code: 'OPENING_FORM' } }),
  );
});
