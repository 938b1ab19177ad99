import { join } from 'node:path';
import { packageRoot } from '../../src/common/installation.js';
import { call as callAs, type Answer } from './accounts.js';
import type { TestServer } from './server.js';

/** A decision as the API shows it. */
export interface DecisionDocument {
  readonly decision_id: string;
  readonly state: string;
  readonly type: string;
  readonly automatic: boolean;
  readonly helped: boolean | null;
  readonly detail: string | null;
  readonly grounds: readonly { readonly code: string; readonly detail: string }[];
  readonly confidence: { readonly raw: number; readonly lower: number; readonly estimate: number };
  readonly escalation?: { readonly escalation_id: string; readonly state: string } | null;
}

/** The checkpoint that tests import releases from. */
export const GOLDEN = join(packageRoot(), 'test', 'vectors', 'golden', 'mixtral-a');

/** Calls the API of a server. */
export function api(
  server: Pick<TestServer, 'url'>,
  method: string,
  path: string,
  body?: unknown,
  token?: string,
): Promise<Answer> {
  return callAs(server, method, path, {
    ...(body === undefined ? {} : { body }),
    ...(token === undefined ? {} : { token }),
  });
}

/** Two releases of the model mixtral-a, 1.0.0 live and 1.0.1 beside it. */
export async function importTwoReleases(server: TestServer, token?: string): Promise<void> {
  for (const dtype of ['f32', 'q8']) {
    const response = await fetch(`${server.url}/models/import`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ folder: GOLDEN, name: 'mixtral-a', dtype }),
    });
    const text = await response.text();
    if (!response.ok || text.includes('"code"')) throw new Error(`${response.status}: ${text.slice(-500)}`);
  }
}

/** The version of the live release of a model. */
export async function liveVersion(
  server: Pick<TestServer, 'url'>,
  model = 'mixtral-a',
): Promise<string | null> {
  const { body } = await api(server, 'GET', '/models');
  const models = body.items as { name: string; live: { version: string } | null }[];
  return models.find(({ name }) => name === model)?.live?.version ?? null;
}
