import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { getExpertLineage } from '../api/lineage.js';
import { getFilter, getSubmission, listLeaders, listSubmissions } from '../api/learning.js';
import { useLiveTopic } from './live.js';

/** Where live notices do not arrive, what is shown is asked for again this often, ms. */
const ASK_AGAIN_MS = 10_000;

/** Submissions page by page, newest first; asked for anew when one changes. */
export function useSubmissions(state: string) {
  useSubmissionNotices(null);
  return useInfiniteQuery({
    queryKey: ['learning', 'list', state],
    queryFn: ({ pageParam, signal }) => listSubmissions({ state, cursor: pageParam, limit: 100 }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** A submission as it is now, and which share of its evaluation is done: null while nothing was told. */
export function useSubmission(id: string) {
  const progress = useSubmissionNotices(id);
  const submission = useQuery({
    queryKey: ['learning', 'one', id],
    queryFn: ({ signal }) => getSubmission(id, signal),
    refetchInterval: ASK_AGAIN_MS,
  });
  return { submission, progress };
}

/**
 * The family tree of a model's experts page by page, newest first; asked for anew when a submission moves.
 * @param model empty: none yet  @param expert only this one; empty: all of them
 */
export function useExpertLineage(model: string, expert: string) {
  useSubmissionNotices(null);
  return useInfiniteQuery({
    queryKey: ['learning', 'lineage', model, expert],
    queryFn: ({ pageParam, signal }) => getExpertLineage(model, expert, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled: model !== '',
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** Contributors by what they have gained. */
export function useLeaders() {
  return useQuery({ queryKey: ['learning', 'leaders'], queryFn: ({ signal }) => listLeaders(signal) });
}

/** The pre-filter that was learnt from verdicts. */
export function useLearntFilter() {
  return useQuery({ queryKey: ['learning', 'filter'], queryFn: ({ signal }) => getFilter(signal) });
}

/** Asks anew when a submission moves; progress alone changes nothing else. */
function useSubmissionNotices(id: string | null): number | null {
  const queries = useQueryClient();
  const [progress, setProgress] = useState<number | null>(null);
  useLiveTopic('learning', ({ type, data }) => {
    if (type !== 'submission.changed') return;
    const { submission, total, done } = data as { submission: string; total: number; done: number };
    if (total === 0) void queries.invalidateQueries({ queryKey: ['learning'] });
    else if (submission === id) setProgress(done / total);
  });
  return progress;
}
