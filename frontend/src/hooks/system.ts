import { useQuery } from '@tanstack/react-query';
import { getCheckpoint, getReadiness, getVersion } from '../api/system.js';

/** What runs; asked once. */
export function useVersion() {
  return useQuery({ queryKey: ['version'], queryFn: ({ signal }) => getVersion(signal), staleTime: 300_000 });
}

/** Readiness, asked every five seconds. */
export function useReadiness() {
  return useQuery({
    queryKey: ['ready'],
    queryFn: ({ signal }) => getReadiness(signal),
    refetchInterval: 5000,
    retry: false,
  });
}

/** The newest checkpoint, asked every five seconds. */
export function useCheckpoint() {
  return useQuery({
    queryKey: ['checkpoint'],
    queryFn: ({ signal }) => getCheckpoint(signal),
    refetchInterval: 5000,
    retry: false,
  });
}
