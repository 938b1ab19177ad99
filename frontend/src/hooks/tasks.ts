import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answerApproval, cancelTask, getAudit, getTask, listTasks, type Task } from '../api/tasks.js';
import { useLiveTopic } from './live.js';

/** Where live notices do not arrive, what is shown is asked for again this often, ms. */
const ASK_AGAIN_MS = 15_000;

/** Tasks page by page, newest first; asked for anew when one changes. */
export function useTasks(state: string) {
  useFreshTasks();
  return useInfiniteQuery({
    queryKey: ['tasks', 'list', state],
    queryFn: ({ pageParam, signal }) => listTasks({ state, cursor: pageParam, limit: 100 }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** A task with its steps, as it is now. */
export function useTask(id: string) {
  useFreshTasks();
  return useQuery({
    queryKey: ['tasks', 'one', id],
    queryFn: ({ signal }) => getTask(id, signal),
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** What happened to a task. */
export function useAudit(id: string) {
  return useQuery({
    queryKey: ['tasks', 'audit', id],
    queryFn: ({ signal }) => getAudit(id, signal),
    refetchInterval: (query) =>
      query.state.data?.items.some(({ txid }) => txid === null) ? 1000 : ASK_AGAIN_MS,
  });
}

/** Answers the request for approval of a step. */
export function useApproval(task: Task, step: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (answer: { approved: boolean; reason: string }) => answerApproval(task, step, answer),
    onSettled: () => queries.invalidateQueries({ queryKey: ['tasks'] }),
  });
}

/** Ends a task. */
export function useCancel(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (reason: string) => cancelTask(id, reason),
    onSettled: () => queries.invalidateQueries({ queryKey: ['tasks'] }),
  });
}

function useFreshTasks(): void {
  const queries = useQueryClient();
  useLiveTopic('tasks', () => void queries.invalidateQueries({ queryKey: ['tasks'] }));
}
