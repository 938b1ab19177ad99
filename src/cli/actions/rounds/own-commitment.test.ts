import { refuseAnother, stillCounts } from './own-commitment.js';

const [ME, OTHER] = ['a'.repeat(66), 'b'.repeat(66)];
const made = { round: `round_${'1'.repeat(32)}`, commitment: 'c'.repeat(64) };
const member = (author: string, commitment: string | null, code: string | null = null) => ({
  ...{ author, commitment, update: null, code },
});
const open = {
  ...{ state: 'revealing', result: null, outcome: null },
  members_list: [member(OTHER, 'd'.repeat(64)), member(ME, made.commitment)],
};

function counts(answer: object, status = 200): Promise<boolean> {
  const server = { fetch: () => Promise.resolve(Response.json(answer, { status })) };
  return stillCounts(server, made, ME);
}

describe('what was made for an earlier round', () => {
  it('counts where its author has committed to it, and the result may have it still or has it', async () => {
    expect(await counts(open)).toBe(true);
    const outcome = { members: [{ author: ME }] };
    expect(await counts({ ...open, state: 'submitted', outcome })).toBe(true);
    expect(await counts({ ...open, state: 'submitted', outcome, result: { state: 'released' } })).toBe(true);
  });

  it.each([
    ['its author is no member', { members_list: [member(OTHER, made.commitment)] }],
    ['its author has committed to nothing', { members_list: [member(ME, null)] }],
    ['its author has committed to something else', { members_list: [member(ME, 'e'.repeat(64))] }],
    ['it was refused', { members_list: [member(ME, made.commitment, 'UPDATE_TOO_LARGE')] }],
    ['the round has failed', { state: 'failed' }],
    ['it is not in the result', { state: 'submitted', outcome: { members: [{ author: OTHER }] } }],
    ['the result was rejected', { outcome: { members: [{ author: ME }] }, result: { state: 'rejected' } }],
    [
      'the result was superseded',
      { outcome: { members: [{ author: ME }] }, result: { state: 'superseded' } },
    ],
  ])('does not where %s', async (_, changes) => {
    expect(await counts({ ...open, ...changes })).toBe(false);
  });

  it('does not where there is no such round, and nobody knows where the server has another problem', async () => {
    expect(await counts({ code: 'ROUND_NOT_FOUND', detail: 'none' }, 404)).toBe(false);
    for (const status of [401, 429, 500, 503])
      await expect(counts({ code: 'NOT_NOW', detail: 'try again' }, status)).rejects.toMatchObject({
        ...{ code: 'NOT_NOW', status },
      });
  });
});

describe('an update for a round in which its author has committed', () => {
  const refused = (own: ReturnType<typeof member>[]) => () =>
    refuseAnother({ round_id: made.round, members_list: own }, ME, made.commitment);

  it('is refused unless it is the same', () => {
    expect(refused([member(OTHER, 'e'.repeat(64))])).not.toThrow();
    expect(refused([member(ME, null)])).not.toThrow();
    expect(refused(open.members_list)).not.toThrow();
    expect(refused([member(ME, 'e'.repeat(64))])).toThrow(
      expect.objectContaining({ code: 'ROUND_COMMITTED', status: 409 }),
    );
  });
});
