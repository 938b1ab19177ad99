import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { applyRemedy, diagnoseNow, getHealing, listIncidents } from '../api/healing.js';
import { useLiveTopic } from './live.js';

/** Where live notices do not arrive, what is shown is asked for again this often, ms. */
const ASK_AGAIN_MS = 15_000;

/** Rules, remedies and their success. */
export function useHealing() {
  return useQuery({
    queryKey: ['healing', 'status'],
    queryFn: ({ signal }) => getHealing(signal),
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** Incidents page by page, newest first; asked for anew when one changes. */
export function useIncidents() {
  const queries = useQueryClient();
  useLiveTopic('incidents', () => void queries.invalidateQueries({ queryKey: ['healing'] }));
  return useInfiniteQuery({
    queryKey: ['healing', 'incidents'],
    queryFn: ({ pageParam, signal }) => listIncidents(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** Looks now. */
export function useDiagnosis() {
  return useMutation({ mutationFn: diagnoseNow });
}

/** Uses a remedy now. */
export function useApplyRemedy() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, reason }: { name: string; reason: string }) => applyRemedy(name, reason),
    onSettled: () => queries.invalidateQueries({ queryKey: ['healing'] }),
  });
}
