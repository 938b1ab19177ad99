import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getReceipt, listReceipts } from '../api/receipts.js';

/** A receipt with evidence; asked again each second until the log has it. */
export function useReceipt(id: string | null) {
  return useQuery({
    queryKey: ['receipt', id],
    queryFn: ({ signal }) => getReceipt(id ?? '', signal),
    enabled: id !== null,
    refetchInterval: (query) => (query.state.data?.log === null ? 1000 : false),
  });
}

/** Receipts page by page, newest first. */
export function useReceipts(model: string) {
  return useInfiniteQuery({
    queryKey: ['receipts', model],
    queryFn: ({ pageParam, signal }) => listReceipts({ model, cursor: pageParam, limit: 100 }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}
