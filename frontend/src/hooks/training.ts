import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { handIn, sendOpening, type HandInProgress } from '../api/hand-in.js';
import { listReleaseExperts } from '../api/models.js';
import { authorKey, replaceAuthorKey, stillAuthorKey } from '../training/author-key.js';
import { guardClosing } from '../training/closing-guard.js';
import { forgetKept, leftTraining } from '../training/kept-training.js';
import { TrainingDesk } from '../training/training-desk.js';
import type { Training } from '../training/training-state.js';

/** States in which nobody asks for updates any more. */
const JUDGED_STATES: ReadonlySet<string> = new Set(['accepted', 'rejected', 'released', 'superseded']);

/** How often it is looked for a training that was left, ms. */
const LEFT_EVERY_MS = 3_000;

/** The training of this tab. */
export const trainingDesk = new TrainingDesk(
  () => new Worker(new URL('../training/worker.ts', import.meta.url), { type: 'module' }),
  forgetKept,
);

guardClosing(trainingDesk, globalThis);

/** Where the training of this tab is. */
export function useTraining(): Training {
  return useSyncExternalStore(trainingDesk.watch, trainingDesk.current);
}

/** The training that a tab has left and that can be taken up, while this tab works on none; and forgetting it. */
export function useLeftTraining({ phase }: Training) {
  // What was refused may have been another one than what is kept.
  const idle = phase === 'none' || phase === 'refused';
  const queries = useQueryClient();
  const left = useQuery({
    queryKey: ['left-training'],
    queryFn: leftTraining,
    enabled: idle,
    staleTime: 0,
    gcTime: 0,
    // Another tab may be closed meanwhile.
    refetchInterval: LEFT_EVERY_MS,
  });
  const forget = async (keeper: string) => {
    await forgetKept(keeper);
    await queries.invalidateQueries({ queryKey: ['left-training'] });
  };
  return { left: idle ? (left.data ?? null) : null, forget };
}

/** Tells the training of this tab that its submission has its verdict. @param state of the submission */
export function useJudged(submission: string, state: string | undefined): void {
  useEffect(() => {
    if (state !== undefined && JUDGED_STATES.has(state)) trainingDesk.judged(submission);
  }, [submission, state]);
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
  /** The key that its contributor has seen. */
  readonly secretKey: Uint8Array;
}

/** Signs what was trained and hands it in; null while nothing is sent. */
export function useHandIn() {
  const queries = useQueryClient();
  const [progress, setProgress] = useState<HandInProgress | null>(null);
  const submit = useMutation({
    mutationFn: async ({ shows, secretKey, ...words }: HandInWords) => {
      setProgress({ step: 'sign', share: 0 });
      const wish = { ...words, secretKey: await stillAuthorKey(secretKey) };
      const { training, submission } = await trainingDesk.sign(wish);
      const { submission_id: id } = await handIn(submission, shows, setProgress);
      trainingDesk.handedIn(training, id);
    },
    // Where the key is another one now, it is shown before anything is signed with it.
    onError: () => queries.invalidateQueries({ queryKey: ['author-key'] }),
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
      sendOpening(submission, await trainingDesk.show(submission, updates)),
    onSettled: () => queries.invalidateQueries({ queryKey: ['learning'] }),
  });
}
