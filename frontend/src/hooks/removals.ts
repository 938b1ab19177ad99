import { useQuery } from '@tanstack/react-query';
import { listRemovals } from '../api/removals.js';

/** How often removals are asked for again, ms. */
const ASK_AGAIN_MS = 5_000;
/** Removals that are shown. */
const SHOWN = 20;

/** The newest removals of experts. */
export function useRemovals() {
  return useQuery({
    queryKey: ['removals'],
    queryFn: ({ signal }) => listRemovals(SHOWN, signal),
    refetchInterval: ASK_AGAIN_MS,
  });
}
