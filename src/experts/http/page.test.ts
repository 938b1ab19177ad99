import fc from 'fast-check';
import { pageOf } from './page.js';

const key = (item: string) => item;

it('walks a list once from end to end, whatever the page size', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 10 }),
      (list, limit) => {
        const seen: string[] = [];
        for (let cursor: string | undefined; ;) {
          const page = pageOf(list, { limit, cursor }, key);
          seen.push(...page.items);
          if (page.nextCursor === null) break;
          cursor = page.nextCursor;
        }
        expect(seen).toEqual(list);
      },
    ),
  );
});

it('refuses a cursor that it never gave out', () => {
  expect(() => pageOf(['a'], { limit: 1, cursor: 'b' }, key)).toThrow(
    expect.objectContaining({ code: 'CURSOR_INVALID' }) as Error,
  );
});
