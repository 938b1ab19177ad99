import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRound, listRounds } from '../api/rounds.js';
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

/** Asks anew when a round changes, or what was made of one is judged; how far an evaluation is changes nothing. */
function useRoundNotices(): void {
  const queries = useQueryClient();
  useLiveTopic('learning', ({ type, data }) => {
    const judged = type === 'submission.changed' && (data as { total: number }).total === 0;
    if (type === 'round.changed' || judged) void queries.invalidateQueries({ queryKey: ['rounds'] });
  });
}
