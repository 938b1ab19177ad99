import { useQueries, useQuery } from '@tanstack/react-query';
import { listModels, listReleases } from '../api/models.js';

/** All models with their live release. */
export function useModels() {
  return useQuery({
    queryKey: ['models'],
    queryFn: ({ signal }) => listModels(signal),
    refetchInterval: 15_000,
  });
}

/** Release hash → version, over all releases of these models. */
export function useReleaseVersions(models: readonly string[]): ReadonlyMap<string, string> {
  const lists = useQueries({
    queries: models.map((model) => ({
      queryKey: ['releases', model],
      queryFn: ({ signal }: { signal: AbortSignal }) => listReleases(model, signal),
    })),
  });
  return new Map(
    lists.flatMap((list) => (list.data ?? []).map(({ release, version }) => [release, version])),
  );
}
