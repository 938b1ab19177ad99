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

/** Names of the experts that a release has weights for, by layer and number. */
export async function listReleaseExperts(release: string, signal?: AbortSignal): Promise<readonly string[]> {
  const { weights } = await requestJson<{ weights: Readonly<Record<string, string>> }>(
    `/chain/A/blocks/${encodeURIComponent(release)}/payload`,
    { signal },
  );
  const names = Object.keys(weights).filter((name) => name.includes('.expert'));
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}
