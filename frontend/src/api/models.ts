import { requestJson, withQuery } from './client.js';

/** A model with the release it is served from. */
export interface Model {
  readonly name: string;
  readonly live: { readonly release: string; readonly version: string } | null;
}

/** All models. */
export async function listModels(signal?: AbortSignal): Promise<readonly Model[]> {
  return (await requestJson<{ items: readonly Model[] }>('/models', { signal })).items;
}

/** The newest releases of a model: hash and version. */
export async function listReleases(
  model: string,
  signal?: AbortSignal,
): Promise<readonly { readonly release: string; readonly version: string }[]> {
  const path = withQuery(`/models/${encodeURIComponent(model)}/releases`, { limit: 1000 });
  return (await requestJson<{ items: readonly { release: string; version: string }[] }>(path, { signal }))
    .items;
}
