import {
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type QueryClient,
} from '@tanstack/react-query';
import {
  answerEscalation,
  askFor,
  emergencyStop,
  foresee,
  getDashboard,
  getDecision,
  getDecisionMetrics,
  getStopState,
  listDecisions,
  orderAction,
  overrideDecision,
  resumeAutonomy,
  rollBack,
  type ActionParameters,
  type DecisionRequest,
} from '../api/autonomy.js';
import { seldom } from '../../../src/common/seldom.js';
import { useLiveTopic } from './live.js';

/** Where live notices do not arrive, what is shown is asked for again this often, ms. */
const ASK_AGAIN_MS = 15_000;
const STATE_AGAIN_MS = 5_000;
/** However many notices come, what is shown is asked for no more often than this, ms: a guardian's requests are counted. */
const FRESH_PAUSE_MS = 2_000;
const STATE_KEY = ['autonomy', 'state'];
const DASHBOARD_KEY = ['autonomy', 'dashboard'];
/** States of a task that begins to wait for an approval, or may have waited until now. */
const AROUND_APPROVALS = new Set(['waiting_approval', 'approved', 'rejected', 'failed', 'cancelled']);

/** Whether automatic action is stopped. */
export function useStopState() {
  const queries = useQueryClient();
  useLiveTopic('guardian', refreshers(queries).state);
  return useQuery({
    queryKey: STATE_KEY,
    queryFn: ({ signal }) => getStopState(signal),
    refetchInterval: STATE_AGAIN_MS,
    retry: false,
  });
}

/** Everything a guardian needs at a glance, as it is now. */
export function useGuardianDashboard() {
  const queries = useQueryClient();
  useFreshAutonomy();
  useLiveTopic('tasks', ({ data }) => {
    const { state } = data as { state?: string };
    if (state !== undefined && AROUND_APPROVALS.has(state)) refreshers(queries).dashboard();
  });
  return useQuery({
    queryKey: DASHBOARD_KEY,
    queryFn: ({ signal }) => getDashboard(signal),
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** Decisions page by page, newest first. */
export function useDecisions(type: string) {
  useFreshAutonomy();
  return useInfiniteQuery({
    queryKey: ['autonomy', 'decisions', type],
    queryFn: ({ pageParam, signal }) => listDecisions({ type, cursor: pageParam, limit: 100 }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** A decision, as it is now. */
export function useDecision(id: string) {
  useFreshAutonomy();
  return useQuery({
    queryKey: ['autonomy', 'decision', id],
    queryFn: ({ signal }) => getDecision(id, signal),
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** How well the server judges itself. */
export function useDecisionMetrics() {
  return useQuery({
    queryKey: ['autonomy', 'metrics'],
    queryFn: ({ signal }) => getDecisionMetrics(signal),
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** Answers a question. */
export function useEscalationAnswer(id: string) {
  type Answer = { approved: boolean; reason: string; parameters?: ActionParameters; action?: string };
  return useChange(({ approved, ...body }: Answer) => answerEscalation(id, approved, body));
}

/** Overrides a decision. */
export function useOverride(id: string) {
  return useChange(({ outcome, reason }: { outcome: 'approve' | 'reject' | 'undo'; reason: string }) =>
    overrideDecision(id, outcome, reason),
  );
}

/** Orders an action. */
export function useOrder() {
  return useChange((order: Parameters<typeof orderAction>[0]) => orderAction(order));
}

/** Stops all automatic action, or lets it go on. */
export function useStop() {
  return useChange(({ stop, reason, inference }: { stop: boolean; reason: string; inference: boolean }) =>
    stop ? emergencyStop(reason, inference) : resumeAutonomy(reason),
  );
}

/** Goes back to the release and the settings of before. */
export function useRollback() {
  return useChange((reason: string) => rollBack(reason));
}

/** What would become of a request. */
export function useForecast() {
  return useMutation({ mutationFn: (request: DecisionRequest) => foresee(request) });
}

/** Asks for an action. */
export function useRequest() {
  return useChange((request: DecisionRequest) => askFor(request));
}

function useChange<V, T>(change: (variables: V) => Promise<T>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => queries.invalidateQueries({ queryKey: ['autonomy'] }),
  });
}

function useFreshAutonomy(): void {
  const refresh = refreshers(useQueryClient()).all;
  useLiveTopic('decisions', refresh);
  useLiveTopic('guardian', refresh);
}

const known = new WeakMap<QueryClient, Readonly<Record<'all' | 'dashboard' | 'state', () => void>>>();

/** Asks again for what is shown; one for all components that are shown, so that a notice counts once. */
function refreshers(queries: QueryClient) {
  const made = known.get(queries);
  if (made !== undefined) return made;
  const refresher = (queryKey: readonly string[]) =>
    seldom(FRESH_PAUSE_MS, () => void queries.invalidateQueries({ queryKey }));
  const all = {
    all: refresher(['autonomy']),
    dashboard: refresher(DASHBOARD_KEY),
    state: refresher(STATE_KEY),
  };
  known.set(queries, all);
  return all;
}
