import { describe, expect, it } from '@jest/globals';
import { VerifiedTokens } from './verified-tokens.js';

const somebody = { subject: 'acc_1', roles: ['user' as const], session: 'ses_1' };

function setUp() {
  const clock = { now: 1_000_000 };
  return { clock, sut: new VerifiedTokens(() => clock.now) };
}

describe('VerifiedTokens', () => {
  it('knows a token until the second in which it expires', () => {
    const { clock, sut } = setUp();
    sut.add('token', somebody, { exp: 1_002 });
    clock.now = 1_001_999;
    expect(sut.find('token')).toBe(somebody);
    clock.now = 1_002_000;
    expect(sut.find('token')).toBeNull();
    clock.now = 1_001_000;
    expect(sut.find('token')).toBeNull();
  });

  it('knows no other token', () => {
    const { sut } = setUp();
    sut.add('token', somebody, { exp: 1_002 });
    expect(sut.find('Token')).toBeNull();
  });

  it('does not remember tokens without an end or with a beginning', () => {
    const { sut } = setUp();
    sut.add('endless', somebody, {});
    sut.add('later', somebody, { exp: 1_002, nbf: 1_001 });
    expect([sut.find('endless'), sut.find('later')]).toEqual([null, null]);
  });

  it('lets the oldest go when there are too many', () => {
    const { sut } = setUp();
    for (let i = 0; i <= 10_000; i++) sut.add(`token-${i}`, somebody, { exp: 1_002 });
    expect(sut.find('token-0')).toBeNull();
    expect(sut.find('token-1')).toBe(somebody);
    expect(sut.find('token-10000')).toBe(somebody);
  });
});
