import { recordDifferences } from './record-differences.js';

describe('differences of records', () => {
  it('are none where both say the same, in whatever order', () => {
    const record = { paid: [{ account: 'a', amount: '5' }], previous: null, at: 1 };
    expect(
      recordDifferences(record, { at: 1, previous: null, paid: [{ amount: '5', account: 'a' }] }),
    ).toEqual([]);
  });

  it('name the place, down to the unit, and what is there only once', () => {
    const shown = {
      paid: [
        { account: 'a', amount: '6' },
        { account: 'b', amount: '1' },
      ],
      after: { year: 2026 },
    };
    const computed = {
      paid: [{ account: 'a', amount: '5' }],
      after: { year: 2026, owed: {} },
      previous: null,
    };
    expect(recordDifferences(shown, computed)).toEqual([
      { place: 'paid.0.amount', shown: '6', computed: '5' },
      { place: 'paid.1', shown: '{"account":"b","amount":"1"}', computed: undefined },
      { place: 'after.owed', shown: undefined, computed: '{}' },
      { place: 'previous', shown: undefined, computed: 'null' },
    ]);
  });
});
