import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import {
  acknowledgeAlert,
  agentHistory,
  listAgents,
  listAlerts,
  listReports,
  runAgent,
  silenceAlert,
  type HistoryQuestion,
} from '../api/monitoring.js';
import { useLiveTopic } from './live.js';

/** Where live notices do not arrive, what is shown is asked for again this often, ms. */
const ASK_AGAIN_MS = 15_000;

/** The agents and what each saw last. */
export function useAgents() {
  return useQuery({
    queryKey: ['monitoring', 'agents'],
    queryFn: ({ signal }) => listAgents(signal),
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** What an agent measured. Of months nothing new is to be seen for a while, so they are asked for less often. */
export function useAgentHistory(name: string, question: HistoryQuestion) {
  return useQuery({
    queryKey: ['monitoring', 'history', name, question],
    queryFn: ({ signal }) => agentHistory(name, question, signal),
    refetchInterval: Math.max(ASK_AGAIN_MS, question.hours * 300),
    placeholderData: keepPreviousData,
  });
}

/** Lets an agent look now. */
export function useRunAgent() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: runAgent,
    onSettled: () => queries.invalidateQueries({ queryKey: ['monitoring'] }),
  });
}

/** Alerts page by page, newest first; asked for anew when one changes. */
export function useAlerts(open: boolean) {
  const queries = useQueryClient();
  useLiveTopic('alerts', () => void queries.invalidateQueries({ queryKey: ['monitoring', 'alerts'] }));
  return useInfiniteQuery({
    queryKey: ['monitoring', 'alerts', open],
    queryFn: ({ pageParam, signal }) => listAlerts({ open, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** Has nobody told of an alert for an hour. */
export function useSilence(fingerprint: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (reason: string) => silenceAlert(fingerprint, 60, reason),
    onSettled: () => queries.invalidateQueries({ queryKey: ['monitoring', 'alerts'] }),
  });
}

/** Says that somebody knows of an alert. */
export function useAcknowledge(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (reason: string) => acknowledgeAlert(id, reason),
    onSettled: () => queries.invalidateQueries({ queryKey: ['monitoring', 'alerts'] }),
  });
}

/** Full health reports. */
export function useReports() {
  return useQuery({
    queryKey: ['monitoring', 'reports'],
    queryFn: ({ signal }) => listReports(signal),
    refetchInterval: ASK_AGAIN_MS,
  });
}
