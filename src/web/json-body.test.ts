import fc from 'fast-check';
import { CodedError } from '../common/index.js';
import { parseJsonBody } from './json-body.js';

const bytes = (text: string) => new TextEncoder().encode(text);

function codeOf(body: Uint8Array): string {
  try {
    parseJsonBody(body);
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown.code;
    throw thrown;
  }
  return 'accepted';
}

describe('JSON bodies', () => {
  it('reads what JSON is, and nothing as nothing', () => {
    expect(parseJsonBody(bytes('{"a":["\\ud83d\\ude00",1]}'))).toEqual({ a: ['😀', 1] });
    expect(parseJsonBody(new Uint8Array())).toBeUndefined();
  });

  it.each([
    [bytes('{bad'), 'JSON_INVALID'],
    [Uint8Array.of(0x22, 0xff, 0x22), 'JSON_INVALID_UTF8'],
    [bytes('["\\ud83d"]'), 'JSON_LONE_SURROGATE'],
    [bytes('{"\\udc00":1}'), 'JSON_LONE_SURROGATE'],
    [bytes('{"__proto__":{"admin":true}}'), 'JSON_FORBIDDEN_KEY'],
    [bytes('['.repeat(100) + ']'.repeat(100)), 'JSON_TOO_DEEP'],
    [bytes('['.repeat(500_000) + ']'.repeat(500_000)), 'JSON_TOO_DEEP'],
  ])('refuses %#', (body, code) => {
    expect(codeOf(body)).toBe(code);
  });

  it('agrees with JSON.parse on every document and never throws anything but refusals', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const code = codeOf(bytes(text));
        if (code === 'accepted') expect(parseJsonBody(bytes(text))).toEqual(JSON.parse(text));
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (body) => void codeOf(body)));
  });
});
