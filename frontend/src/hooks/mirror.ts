import { useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { getMirrorRun, listMirrorRuns, startMirrorRun } from '../api/mirror.js';
import { listReleases } from '../api/models.js';
import { useLiveTopic } from './live.js';
import { useModels } from './models.js';

/** Where live notices do not arrive, a measurement is asked for again this often, ms. */
const ASK_AGAIN_MS = 5_000;

/** Measurements, newest first, and how far the one that runs is: a share from 0 to 1, null where none was told. */
export function useMirrorRuns() {
  const queries = useQueryClient();
  const [progress, setProgress] = useState<number | null>(null);
  useLiveTopic('learning', ({ type, data }) => {
    if (type !== 'mirror.progress') return;
    const { state, done, total } = data as { state: string; done: number; total: number };
    setProgress(state === 'running' ? done / total : null);
    if (state !== 'running') void queries.invalidateQueries({ queryKey: ['mirror'] });
  });
  const runs = useQuery({
    queryKey: ['mirror', 'list'],
    queryFn: ({ signal }) => listMirrorRuns(signal),
    refetchInterval: (query) =>
      query.state.data?.some(({ state }) => state === 'running') ? ASK_AGAIN_MS : false,
  });
  return { runs, progress };
}

/** A measurement with its report; a completed one never changes. */
export function useMirrorRun(id: string | null) {
  return useQuery({
    queryKey: ['mirror', 'one', id],
    queryFn: ({ signal }) => getMirrorRun(String(id), signal),
    enabled: id !== null,
    staleTime: Infinity,
  });
}

/** Begins to measure a release. */
export function useMeasure() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: startMirrorRun,
    onSettled: () => queries.invalidateQueries({ queryKey: ['mirror', 'list'] }),
  });
}

/** Every release of every model, as `name@version`. */
export function useReleaseNames(): readonly string[] {
  const models = useModels().data ?? [];
  const lists = useQueries({
    queries: models.map(({ name }) => ({
      queryKey: ['releases', name],
      queryFn: ({ signal }: { signal: AbortSignal }) => listReleases(name, signal),
    })),
  });
  return models.flatMap(({ name }, i) => (lists[i].data ?? []).map(({ version }) => `${name}@${version}`));
}
