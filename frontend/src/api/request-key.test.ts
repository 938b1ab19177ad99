import { freshRequestKey } from './request-key.js';

describe('a request key', () => {
  it('is 128 bits in hex, and another one every time', () => {
    const keys = Array.from({ length: 100 }, () => freshRequestKey());
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(keys).size).toBe(100);
  });
});
