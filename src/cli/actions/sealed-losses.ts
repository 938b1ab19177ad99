import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ok } from '../../common/index.js';
import { kernelEngineFactory } from '../../inference/index.js';
import {
  HttpBlockAccess,
  recomputeLosses,
  type LossEngine,
  type SealedEvidence,
} from '../../learning/index.js';
import type { CommandContext } from '../command-context.js';
import type { Progress } from '../progress.js';
import type { ServerClient } from '../server-client.js';

/** What became of computing a verdict again. */
export interface LossFinding {
  readonly part: 'losses';
  readonly agrees: boolean;
  readonly detail: string;
}

/**
 * Computes the losses of a verdict again, by an engine of this process and with blocks that the server gives: their hashes say that they are
 * those of the release. What cannot be computed does not agree, and the finding says why.
 */
export async function lossesAgain(
  context: CommandContext,
  server: ServerClient,
  evidence: SealedEvidence,
): Promise<LossFinding> {
  const folder = await mkdtemp(join(tmpdir(), 'stemma-losses-'));
  const engine = await kernelEngineFactory(await context.config())();
  let shown: { step: string; progress: Progress } | null = null;
  const progress = (step: string, done: number, total: number) => {
    if (shown?.step !== step) {
      shown?.progress.stop();
      shown = { step, progress: context.progress(step, total) };
    }
    shown.progress.update(done);
  };
  const computing: LossEngine = {
    kernelHash: engine.kernelHash,
    load: (model) => engine.load(model),
    score: async ({ release }, ids, signal, first) => {
      const request = { release, ids, first, top: 0, priority: 'learning' as const };
      const scores = await engine.score(request, { signal, progress: () => undefined });
      return scores.ok ? ok({ logprobs: scores.value.map(({ logprob }) => logprob) }) : scores;
    },
  };
  try {
    const access = new HttpBlockAccess((path) => server.fetch(path));
    const found = await recomputeLosses(evidence, access, computing, { folder, progress });
    if (!found.ok)
      return findingOf(`they could not be computed: ${found.error.message} [${found.error.code}]`);
    return findingOf(
      found.value,
      `all of them give the figures of the verdict (kernel ${engine.kernelHash})`,
    );
  } finally {
    (shown as { progress: Progress } | null)?.progress.stop();
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function findingOf(problem: string | null, right = ''): LossFinding {
  return { part: 'losses', agrees: problem === null, detail: problem ?? right };
}
