import { useQuery } from '@tanstack/react-query';
import { getBlock, getGraph, getRelatives } from '../api/chain.js';

/** One block's header. */
export function useBlock(chain: string, hash: string) {
  return useQuery({
    queryKey: ['block', chain, hash],
    queryFn: ({ signal }) => getBlock(chain, hash, signal),
    staleTime: Infinity,
    refetchInterval: (query) => (query.state.data?.log_index === null ? 1000 : false),
  });
}

/** The DAG for drawing. */
export function useGraph(model: string) {
  return useQuery({
    queryKey: ['graph', model],
    queryFn: ({ signal }) => getGraph({ model, limit: 2000 }, signal),
  });
}

/** The blocks a block depends on, or those that depend on it. */
export function useRelatives(chain: string, hash: string, which: 'parents' | 'children') {
  return useQuery({
    queryKey: ['block', chain, hash, which],
    queryFn: ({ signal }) => getRelatives(chain, hash, which, signal),
  });
}
