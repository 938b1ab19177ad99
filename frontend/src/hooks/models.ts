import { useQuery } from '@tanstack/react-query';
import { listModels } from '../api/models.js';

/** All models with their live release. */
export function useModels() {
  return useQuery({
    queryKey: ['models'],
    queryFn: ({ signal }) => listModels(signal),
    refetchInterval: 15_000,
  });
}
