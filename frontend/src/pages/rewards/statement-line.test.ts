import {
  correctedText,
  correctionOf,
  counterpart,
  epochOf,
  isOutgoing,
  kindText,
  receiptOf,
  signedUnits,
  signOf,
} from './statement-line.js';

describe('lines of a statement', () => {
  const line = { debit: 'rewards:owed', credit: 'key:02ab', amount: '9007199254740993' };

  it('say what was done in words', () => {
    expect(kindText({ kind: 'single', code: 'reward.paid' })).toBe('paid');
    expect(kindText({ kind: 'single', code: 'gift' })).toBe('gift');
    expect(kindText({ kind: 'pending', code: 'issuance' })).toBe('reserved: issued for the year');
    expect(kindText({ kind: 'post', code: 'gift' })).toBe('settled: gift');
    expect(kindText({ kind: 'void', code: 'gift' })).toBe('freed: gift');
  });

  it('are seen from the side of the account that is asked for', () => {
    expect([isOutgoing(line, 'key:02ab'), isOutgoing(line, 'rewards:owed')]).toEqual([false, true]);
    expect(counterpart(line, 'key:02ab')).toBe('rewards:owed');
    expect(counterpart(line, 'rewards:owed')).toBe('key:02ab');
    expect(signedUnits(line, 'key:02ab')).toBe(9007199254740993n);
    expect(signedUnits(line, 'rewards:owed')).toBe(-9007199254740993n);
  });

  it('say what was given back, and what they give back for whom', () => {
    const [transfer, task] = ['a'.repeat(32), `task_${'b'.repeat(32)}`];
    expect(kindText({ kind: 'single', code: 'reward.corrected' })).toBe('put right');
    expect(correctionOf(`transfer:${transfer}/${task}`)).toEqual({ transfer, task });
    for (const other of [null, 'epoch:1', `transfer:${transfer}`]) expect(correctionOf(other)).toBeNull();
    expect(['0', '4', '9'].map((corrected) => correctedText({ amount: '9', corrected }))).toEqual([
      null,
      'partly given back',
      'given back',
    ]);
  });

  it('say what an answer has cost, and which one it was', () => {
    const receipt = `rcpt_${'a'.repeat(32)}`;
    expect(kindText({ kind: 'post', code: 'usage.fee' })).toBe('settled: fee for an answer');
    expect(kindText({ kind: 'single', code: 'account.deposit' })).toBe('deposit');
    const signs = (['pending', 'post', 'void', 'single'] as const).map((kind) =>
      ['rewards:owed', 'key:02ab'].map((account) => signOf({ ...line, kind }, account)),
    );
    expect(signs).toEqual([
      ['', ''],
      ['−', '+'],
      ['', ''],
      ['−', '+'],
    ]);
    expect([receiptOf(receipt), receiptOf('epoch:1'), receiptOf(null)]).toEqual([receipt, null, null]);
  });

  it('name the epoch they were made for', () => {
    expect(epochOf('epoch:12')).toBe('12');
    for (const other of [null, '2026', 'epoch:0', 'epoch:x', 'an epoch:1'])
      expect([other, epochOf(other)]).toEqual([other, null]);
  });
});
