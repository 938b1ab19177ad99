import fc from 'fast-check';
import { utf8ToBytes } from '../../common/index.js';
import { parseSafetensorsHeader } from './safetensors-header.js';

const two = {
  a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
  b: { dtype: 'F16', shape: [4], data_offsets: [24, 32] },
};
const parse = (header: unknown, dataBytes = 32) =>
  parseSafetensorsHeader(
    utf8ToBytes(typeof header === 'string' ? header : JSON.stringify(header)),
    dataBytes,
    'x',
  );
const codeOf = (result: ReturnType<typeof parse>) => (result.ok ? 'OK' : result.error.code);

describe('safetensors header', () => {
  it('reads tensors in the order of their bytes, whatever the order of names', () => {
    const { a, b } = two;
    const result = parse({ b, __metadata__: { format: 'pt' }, a });
    expect(result.ok && result.value.map(({ name, begin, end }) => [name, begin, end])).toEqual([
      ['a', 0, 24],
      ['b', 24, 32],
    ]);
  });

  it('reads scalars and empty tensors', () => {
    const header = {
      scalar: { dtype: 'F32', shape: [], data_offsets: [0, 4] },
      empty: { dtype: 'F32', shape: [0, 7], data_offsets: [4, 4] },
    };
    expect(codeOf(parse(header, 4))).toBe('OK');
  });

  it.each<[string, unknown, number, string]>([
    ['data missing at the end', two, 31, 'SAFETENSORS_TRUNCATED'],
    ['bytes after the last tensor', two, 33, 'SAFETENSORS_GAP'],
    ['an overlap', { ...two, b: { ...two.b, data_offsets: [20, 28] } }, 32, 'SAFETENSORS_OVERLAP'],
    ['the same bytes twice', { a: two.a, b: two.a }, 24, 'SAFETENSORS_OVERLAP'],
    ['a gap', { ...two, b: { ...two.b, data_offsets: [26, 34] } }, 34, 'SAFETENSORS_GAP'],
    ['a length that lies', { ...two, b: { ...two.b, data_offsets: [24, 30] } }, 30, 'SAFETENSORS_HEADER'],
    ['negative offsets', { a: { ...two.a, data_offsets: [-24, 0] } }, 24, 'SAFETENSORS_HEADER'],
    ['reversed offsets', { a: { ...two.a, data_offsets: [24, 0] } }, 24, 'SAFETENSORS_HEADER'],
    ['fractional offsets', { a: { ...two.a, data_offsets: [0, 24.5] } }, 24, 'SAFETENSORS_HEADER'],
    ['offsets beyond 2^53', { a: { ...two.a, data_offsets: [1e300, 1e301] } }, 24, 'SAFETENSORS_HEADER'],
    ['a shape that overflows', { a: { ...two.a, shape: [2 ** 40, 2 ** 40] } }, 24, 'SAFETENSORS_HEADER'],
    ['a negative size', { a: { ...two.a, shape: [-2, -3] } }, 24, 'SAFETENSORS_HEADER'],
    ['an unknown dtype', { a: { ...two.a, dtype: 'F31' } }, 24, 'SAFETENSORS_HEADER'],
    ['a dtype from the prototype', { a: { ...two.a, dtype: 'toString' } }, 24, 'SAFETENSORS_HEADER'],
    ['an unknown field', { a: { ...two.a, extra: 1 } }, 24, 'SAFETENSORS_HEADER'],
    ['a missing field', { a: { dtype: 'F32', shape: [6] } }, 24, 'SAFETENSORS_HEADER'],
    ['metadata that is not text', { __metadata__: { a: 1 } }, 0, 'SAFETENSORS_HEADER'],
    ['a list', [], 0, 'SAFETENSORS_HEADER'],
    ['no JSON', '{"a":', 0, 'SAFETENSORS_HEADER'],
    ['deep nesting', `{"a":${'['.repeat(100_000)}`, 0, 'SAFETENSORS_HEADER'],
  ])('refuses %s', (_, header, dataBytes, code) => {
    expect(codeOf(parse(header, dataBytes))).toBe(code);
  });

  it('refuses a name that occurs twice, also when it is written differently', () => {
    const tensor = JSON.stringify(two.a);
    expect(parse(`{"a":${tensor},"a":${tensor}}`, 24)).toMatchObject({
      error: { code: 'SAFETENSORS_HEADER' },
    });
    expect(parse(`{"a":${tensor},"\\u0061" : ${tensor}}`, 24)).toMatchObject({
      error: { message: expect.stringContaining('twice') as string },
    });
  });

  it('never throws, whatever bytes of a right header are changed', () => {
    const right = utf8ToBytes(JSON.stringify(two));
    const change = fc.record({ at: fc.nat(right.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(64), (changes, dataBytes) => {
        const broken = right.slice();
        for (const { at, byte } of changes) broken[at] = byte;
        const result = parseSafetensorsHeader(broken, dataBytes, 'x');
        if (!result.ok) expect(result.error.code).toMatch(/^SAFETENSORS_/);
        else expect(result.value.reduce((sum, { begin, end }) => sum + end - begin, 0)).toBe(dataBytes);
      }),
      { numRuns: 2000 },
    );
  });
});
