import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { handIn, sendOpening, type HandInProgress } from '../api/hand-in.js';
import { listReleaseExperts } from '../api/models.js';
import { authorKey, replaceAuthorKey } from '../training/author-key.js';
import { TrainingDesk } from '../training/training-desk.js';
import type { Training } from '../training/training-state.js';

/** The training of this tab. */
export const trainingDesk = new TrainingDesk(
  () => new Worker(new URL('../training/worker.ts', import.meta.url), { type: 'module' }),
);

/** Where the training of this tab is; while it goes on, the browser asks before the tab is closed. */
export function useTraining(): Training {
  const training = useSyncExternalStore(trainingDesk.watch, trainingDesk.current);
  const busy = training.phase === 'training' || training.phase === 'paused';
  useEffect(() => {
    if (!busy) return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    globalThis.addEventListener('beforeunload', ask);
    return () => globalThis.removeEventListener('beforeunload', ask);
  }, [busy]);
  return training;
}

/** Names of the experts of a release; it never changes. @param release hash; null: none yet */
export function useReleaseExperts(release: string | null) {
  return useQuery({
    queryKey: ['release-experts', release],
    queryFn: ({ signal }) => listReleaseExperts(release ?? '', signal),
    enabled: release !== null,
    staleTime: Infinity,
  });
}

/** The key that signs what is trained in this browser, made when it is asked for the first time; and taking another one. */
export function useAuthorKey() {
  const queries = useQueryClient();
  const key = useQuery({ queryKey: ['author-key'], queryFn: authorKey, staleTime: Infinity });
  const replace = useMutation({
    mutationFn: replaceAuthorKey,
    onSuccess: (replaced) => queries.setQueryData(['author-key'], replaced),
  });
  return { key, replace };
}

/** What is said of a training that is handed in. */
export interface HandInWords {
  readonly domains: readonly string[];
  readonly difficulty: number;
  /** Whether documents of drawn updates may be asked for. */
  readonly shows: boolean;
}

/** Signs what was trained and hands it in; null while nothing is sent. */
export function useHandIn() {
  const queries = useQueryClient();
  const [progress, setProgress] = useState<HandInProgress | null>(null);
  const submit = useMutation({
    mutationFn: async ({ shows, ...words }: HandInWords) => {
      setProgress({ step: 'sign', share: 0 });
      const signed = await trainingDesk.sign({ ...words, secretKey: await authorKey() });
      const { submission_id: submission } = await handIn(signed, shows, setProgress);
      trainingDesk.handedIn(submission);
    },
    onSettled: () => {
      setProgress(null);
      return queries.invalidateQueries({ queryKey: ['learning'] });
    },
  });
  return { submit, progress };
}

/** Shows updates of the training to the server that drew them. */
export function useShowUpdates(submission: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (updates: readonly number[]) =>
      sendOpening(submission, await trainingDesk.show(updates)),
    onSettled: () => queries.invalidateQueries({ queryKey: ['learning'] }),
  });
}
