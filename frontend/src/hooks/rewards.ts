import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { getBalance, getEpoch, getSolvency, getStatement, listEpochs } from '../api/rewards.js';
import { checkSolvency } from '../verify/solvency-check.js';

/** No notice tells of rewards: what is shown is asked for again this often, ms. */
const ASK_AGAIN_MS = 15_000;

/** What an account holds. @param account empty: nobody's */
export function useBalance(account: string) {
  return useQuery({
    queryKey: ['rewards', 'balance', account],
    queryFn: ({ signal }) => getBalance(account, signal),
    enabled: account !== '',
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** Transfers from and to an account page by page, newest first. */
export function useStatement(account: string) {
  return useInfiniteQuery({
    queryKey: ['rewards', 'statement', account],
    queryFn: ({ pageParam, signal }) => getStatement(account, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** Epochs page by page, newest first. */
export function useEpochs() {
  return useInfiniteQuery({
    queryKey: ['rewards', 'epochs'],
    queryFn: ({ pageParam, signal }) => listEpochs(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** One epoch; its record never changes, but where it is in the log is known a moment later. */
export function useEpoch(epoch: string) {
  return useQuery({
    queryKey: ['rewards', 'epoch', epoch],
    queryFn: ({ signal }) => getEpoch(epoch, signal),
    refetchInterval: ({ state }) => (state.data?.log_index == null ? ASK_AGAIN_MS : false),
  });
}

/** The root over all balances. */
export function useSolvency() {
  return useQuery({
    queryKey: ['rewards', 'solvency'],
    queryFn: ({ signal }) => getSolvency(signal),
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** Checks in this browser that a balance is part of the sum. */
export function useSolvencyCheck() {
  return useMutation({ mutationFn: checkSolvency });
}
