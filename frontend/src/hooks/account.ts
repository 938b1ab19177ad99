import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getMe, listAccounts, listKeys, listSessions, listWallets } from '../api/account.js';

/** Who this browser is to the server. */
export function useMe() {
  return useQuery({ queryKey: ['me'], queryFn: ({ signal }) => getMe(signal), staleTime: 60_000 });
}

/** Where the account is signed in. */
export function useSessions() {
  return useQuery({ queryKey: ['sessions'], queryFn: ({ signal }) => listSessions(signal) });
}

/** The keys of the account. */
export function useKeys() {
  return useQuery({ queryKey: ['keys'], queryFn: ({ signal }) => listKeys(signal) });
}

/** The wallets that open the account. */
export function useWallets() {
  return useQuery({ queryKey: ['wallets'], queryFn: ({ signal }) => listWallets(signal) });
}

/** One page of all accounts. */
export function useAccounts(cursor: string | null) {
  return useQuery({
    queryKey: ['accounts', cursor],
    queryFn: ({ signal }) => listAccounts(cursor, signal),
  });
}

/** Does something to the account; what is shown of these is asked for anew. */
export function useChange<T, R>(change: (value: T) => Promise<R>, ...touched: readonly string[]) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => Promise.all(touched.map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
}

/** Does something that makes this browser somebody else: everything is asked for anew. */
export function useEntry<T>(enter: (value: T) => Promise<void>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: enter, onSuccess: () => queries.resetQueries() });
}
