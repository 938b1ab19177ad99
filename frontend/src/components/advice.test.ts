import { adviceByCode, adviceFor } from './advice.js';

describe('advice', () => {
  it('is found by code, then by family, then by status, and is never missing', () => {
    expect(adviceFor({ code: 'QUEUE_FULL', status: 429 })).toBe(adviceByCode.QUEUE_FULL);
    expect(adviceFor({ code: 'BLOCK_CYCLE', status: 422 }).title).toContain('did not accept');
    expect(adviceFor({ code: 'EXPERT_UNKNOWN', status: 404 }).title).toBe('Not found');
    expect(adviceFor({ code: 'ANYTHING', status: 418 }).action).not.toBe('');
  });
});
