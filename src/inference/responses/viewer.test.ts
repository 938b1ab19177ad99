import { ANONYMOUS, LOCAL_ADMIN, type IdentifiedRequest } from '../../auth/index.js';
import { maySee, subjectOf } from './viewer.js';

const request = (identity?: IdentifiedRequest['identity']): IdentifiedRequest => ({
  method: 'GET',
  headers: {},
  ...(identity === undefined ? {} : { identity }),
});

describe('who may see an answer', () => {
  const ann = { subject: 'ann', roles: ['user'] as const };

  it('is the account that asked, and admins', () => {
    expect(maySee(ann, 'ann')).toBe(true);
    expect(maySee(LOCAL_ADMIN, 'ann')).toBe(true);
  });

  it('is nobody else, not even whoever has no account for whoever had none', () => {
    expect(maySee(ann, 'bob')).toBe(false);
    expect(maySee(ANONYMOUS, 'ann')).toBe(false);
    expect(maySee(ANONYMOUS, ANONYMOUS.subject)).toBe(false);
  });

  it('is decided by whom the guard has identified', () => {
    expect(subjectOf(request(ann))).toBe('ann');
    expect(subjectOf(request())).toBe(ANONYMOUS.subject);
  });
});
