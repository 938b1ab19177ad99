import { bytesToHex, unwrap } from '../../../common/index.js';
import { HttpBlockAccess, memberSeed, parseTerms, readReleaseFacts } from '../../../learning/index.js';
import type { CommandContext } from '../../command-context.js';
import type { TrainOptions } from '../begun-training.js';
import { withServer } from '../../server-door.js';
import { roundPath } from './round-view.js';
import { signerOf } from './take-part.js';

/** What a training for a round is begun with: everything that its terms say, and of the options what they leave open. */
export async function optionsOfRound(
  context: CommandContext,
  round: string,
  options: TrainOptions,
): Promise<TrainOptions & { readonly experts: string[] }> {
  const path = roundPath(round);
  const author = bytesToHex((await signerOf(context)).publicKey);
  return withServer(context, options, async (server) => {
    const shown = await server.json<{ terms: unknown }>('GET', path);
    const terms = unwrap(parseTerms(shown.terms));
    const access = new HttpBlockAccess((of) => server.fetch(of));
    const { model, version } = unwrap(await readReleaseFacts(access, terms.release));
    const { learning_rate: learningRate, batch_tokens: batchTokens, steps } = terms.training;
    return {
      ...options,
      ...{ model: `${model}@${version}`, experts: [...terms.experts], datasets: [...terms.datasets] },
      ...{ seed: memberSeed(terms.seed, round, author), learningRate, batchTokens, steps },
    };
  });
}
