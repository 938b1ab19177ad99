import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { cancelRound, getRound, listRounds } from '../api/rounds.js';
import { useLiveTopic } from './live.js';

/** Where live notices do not arrive, what is shown is asked for again this often, ms. */
const ASK_AGAIN_MS = 10_000;

/** Rounds page by page, newest first; asked for anew when one changes. */
export function useRounds(state: string) {
  useRoundNotices();
  return useInfiniteQuery({
    queryKey: ['rounds', 'list', state],
    queryFn: ({ pageParam, signal }) => listRounds({ state, cursor: pageParam, limit: 100 }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** A round as it is now. */
export function useRound(id: string) {
  useRoundNotices();
  return useQuery({
    queryKey: ['rounds', 'one', id],
    queryFn: ({ signal }) => getRound(id, signal),
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** Ends a round without a result, for a reason. */
export function useCancelRound(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (reason: string) => cancelRound(id, reason),
    onSettled: () => queries.invalidateQueries({ queryKey: ['rounds'] }),
  });
}

/** Asks anew when a round changes, or what was made of one is judged; how far an evaluation is changes nothing. */
function useRoundNotices(): void {
  const queries = useQueryClient();
  useLiveTopic('learning', ({ type, data }) => {
    const judged = type === 'submission.changed' && (data as { total: number }).total === 0;
    if (type === 'round.changed' || judged) void queries.invalidateQueries({ queryKey: ['rounds'] });
  });
}
