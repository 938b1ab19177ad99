import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import {
  getBalance,
  getEpoch,
  getRewardsPolicy,
  getSolvency,
  getStatement,
  listEpochs,
} from '../api/rewards.js';
import { checkSolvency } from '../verify/solvency-check.js';
import { useLiveTopic } from './live.js';

/** Where live notices do not arrive, what is shown is asked for again this often, ms. */
const ASK_AGAIN_MS = 60_000;
/** The place in the log of what was just paid is asked for this often, ms. */
const ASK_FOR_LEAF_MS = 15_000;
/** Notices that come this soon after one another are one question, ms. */
const GATHER_MS = 500;

/**
 * Asks anew when the ledger has moved or an epoch is paid, and once more with the next checkpoint of the log: lines and epochs
 * have their place in it then. For a page to use once.
 */
export function useRewardNotices(): void {
  const queries = useQueryClient();
  const asking = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const unlogged = useRef(false);
  const askSoon = (): void => {
    asking.current ??= setTimeout(() => {
      asking.current = undefined;
      void queries.invalidateQueries({ queryKey: ['rewards'] });
    }, GATHER_MS);
  };
  useEffect(
    () => () => {
      clearTimeout(asking.current);
      asking.current = undefined;
    },
    [],
  );
  useLiveTopic('rewards', () => {
    unlogged.current = true;
    askSoon();
  });
  useLiveTopic('chain', ({ type }) => {
    if (type !== 'log.checkpoint' || !unlogged.current) return;
    unlogged.current = false;
    askSoon();
  });
}

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
    refetchInterval: ({ state }) => intervalFor(state.data?.pages.flatMap(({ items }) => items)),
  });
}

/** Epochs page by page, newest first. */
export function useEpochs() {
  return useInfiniteQuery({
    queryKey: ['rewards', 'epochs'],
    queryFn: ({ pageParam, signal }) => listEpochs(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) => intervalFor(state.data?.pages.flatMap(({ items }) => items)),
  });
}

/** What answers cost, and how rewards are worked out; it changes only when the server starts. */
export function useRewardsPolicy() {
  return useQuery({
    queryKey: ['rewards', 'policy'],
    queryFn: ({ signal }) => getRewardsPolicy(signal),
    staleTime: ASK_AGAIN_MS,
  });
}

/** One epoch; its record never changes, but where it is in the log is known a moment later. @param epoch empty: none */
export function useEpoch(epoch: string) {
  return useQuery({
    queryKey: ['rewards', 'epoch', epoch],
    queryFn: ({ signal }) => getEpoch(epoch, signal),
    enabled: epoch !== '',
    refetchInterval: ({ state }) => (state.data?.log_index == null ? ASK_FOR_LEAF_MS : false),
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

function intervalFor(items: readonly { readonly log_index: number | null }[] = []): number {
  return items.some(({ log_index: leaf }) => leaf === null) ? ASK_FOR_LEAF_MS : ASK_AGAIN_MS;
}
