import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { changeLimits, getLimits, listLimitChanges, type Limits } from '../api/limits.js';

/** Other guardians may change limits, too; asked for again this often, ms. */
const ASK_AGAIN_MS = 15_000;

/** The limits in force. */
export function useLimits() {
  return useQuery({
    queryKey: ['autonomy', 'limits'],
    queryFn: ({ signal }) => getLimits(signal),
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** Who changed limits, when and why. */
export function useLimitChanges() {
  return useQuery({
    queryKey: ['autonomy', 'limit-changes'],
    queryFn: ({ signal }) => listLimitChanges(signal),
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** Changes limits. */
export function useChangeLimits() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ changes, reason }: { changes: Limits; reason: string }) => changeLimits(changes, reason),
    onSettled: () => queries.invalidateQueries({ queryKey: ['autonomy'] }),
  });
}
