import { useQuery } from '@tanstack/react-query';
import { getExpertCache, listExperts } from '../api/experts.js';

const ALL = 1000;

/** Use and load time of every expert, asked every two seconds. */
export function useExperts() {
  return useQuery({
    queryKey: ['experts'],
    queryFn: ({ signal }) => listExperts(ALL, signal),
    refetchInterval: 2000,
  });
}

/** The expert cache, asked every two seconds. */
export function useExpertCache() {
  return useQuery({
    queryKey: ['experts', 'cache'],
    queryFn: ({ signal }) => getExpertCache(signal),
    refetchInterval: 2000,
  });
}
