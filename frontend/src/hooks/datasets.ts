import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { uploadDataset, type DatasetWish, type UploadProgress } from '../api/dataset-upload.js';
import {
  answerAppeal,
  decideOn,
  getDataset,
  getLineage,
  getReport,
  listDatasets,
  voteOn,
  type DatasetDecision,
} from '../api/datasets.js';
import { useLiveTopic } from './live.js';

/** Where live notices do not arrive, what is shown is asked for again this often, ms. */
const ASK_AGAIN_MS = 15_000;

/** Datasets page by page, newest first; asked for anew when one changes. */
export function useDatasets(stage: string) {
  useFreshDatasets();
  return useInfiniteQuery({
    queryKey: ['datasets', 'list', stage],
    queryFn: ({ pageParam, signal }) => listDatasets({ stage, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** One dataset as it is now. */
export function useDataset(id: string) {
  useFreshDatasets();
  return useQuery({
    queryKey: ['datasets', 'one', id],
    queryFn: ({ signal }) => getDataset(id, signal),
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** What was found in a dataset. @param hash the report's; it never changes */
export function useReport(id: string, hash: string | null) {
  return useQuery({
    queryKey: ['dataset-reports', id, hash],
    queryFn: ({ signal }) => getReport(id, signal),
    enabled: hash !== null,
    staleTime: Infinity,
  });
}

/** What was trained on a dataset. */
export function useLineage(id: string) {
  return useQuery({
    queryKey: ['datasets', 'lineage', id],
    queryFn: ({ signal }) => getLineage(id, signal),
  });
}

/** Uploads a file, and tells where that is; null when none is under way. */
export function useUpload() {
  const queries = useQueryClient();
  const [progress, setProgress] = useState<UploadProgress | null>(null);
  const [control, setControl] = useState<AbortController | null>(null);
  const upload = useMutation({
    mutationFn: ({ wish, file }: { wish: DatasetWish; file: File }) => {
      const own = new AbortController();
      setControl(own);
      return uploadDataset(wish, file, setProgress, own.signal);
    },
    onSettled: () => {
      setProgress(null);
      setControl(null);
      return queries.invalidateQueries({ queryKey: ['datasets'] });
    },
  });
  return { upload, progress, stop: () => control?.abort() };
}

/** Votes on a dataset. */
export function useVote(id: string) {
  return useDatasetChange((approve: boolean) => voteOn(id, approve));
}

/** Decides something of a dataset, with a reason. */
export function useDatasetDecision(id: string) {
  return useDatasetChange(({ what, reason }: { what: DatasetDecision; reason: string }) =>
    decideOn(id, what, reason),
  );
}

/** Answers an appeal. */
export function useAppealAnswer(id: string) {
  return useDatasetChange(({ granted, reason }: { granted: boolean; reason: string }) =>
    answerAppeal(id, granted, reason),
  );
}

function useDatasetChange<T, R>(change: (value: T) => Promise<R>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => queries.invalidateQueries({ queryKey: ['datasets'] }),
  });
}

function useFreshDatasets(): void {
  const queries = useQueryClient();
  useLiveTopic('learning', ({ type }) => {
    if (type === 'dataset.changed') void queries.invalidateQueries({ queryKey: ['datasets'] });
  });
}
