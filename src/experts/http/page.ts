import { CodedError } from '../../common/index.js';

/** A part of a list; `nextCursor` is null on the last. */
export interface ListPage<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** The page after the item that `cursor` names; throws `CURSOR_INVALID` (400) for one that is not in the list. */
export function pageOf<T>(
  list: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
  key: (item: T) => string,
): ListPage<T> {
  const after = cursor === undefined ? -1 : list.findIndex((item) => key(item) === cursor);
  if (cursor !== undefined && after === -1) {
    throw new CodedError('CURSOR_INVALID', 'the cursor was not given out by this list', {}, 400);
  }
  const items = list.slice(after + 1, after + 1 + limit);
  const last = items.at(-1);
  return { items, nextCursor: last !== undefined && after + 1 + limit < list.length ? key(last) : null };
}
