import { useCallback } from 'react';

/** What of an endless query is needed to ask for more of it. */
interface EndlessQuery {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => Promise<unknown>;
}

/** Asks for the next page, once at a time, where there is one. */
export function useNextPage({ hasNextPage, isFetchingNextPage, fetchNextPage }: EndlessQuery): () => void {
  return useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
}
