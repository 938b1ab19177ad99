import { requestJson } from './client.js';

/** A model with the release it is served from. */
export interface Model {
  readonly name: string;
  readonly live: { readonly release: string; readonly version: string } | null;
}

/** All models. */
export async function listModels(signal?: AbortSignal): Promise<readonly Model[]> {
  return (await requestJson<{ items: readonly Model[] }>('/models', { signal })).items;
}
