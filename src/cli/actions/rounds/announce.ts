import { unwrap, type Json } from '../../../common/index.js';
import { HttpBlockAccess } from '../../../learning/index.js';
import type { CommandContext } from '../../command-context.js';
import { withServer, type ServerDoor } from '../../server-door.js';
import { roundText, type RoundView } from './round-view.js';

interface AnnounceOptions extends ServerDoor {
  readonly experts: string[];
  readonly model: string;
  readonly datasets: string[];
  readonly aggregator: string;
  readonly faulty: number;
  readonly minimum: number;
  readonly most: number;
  readonly seed: string;
  readonly learningRate: number;
  readonly batchTokens: number;
  readonly steps: number;
  readonly updateBytes: number;
  readonly updateLength: number;
  /** Makes the round private. */
  readonly clip?: number;
  readonly noise: number;
  readonly epsilon: number;
  readonly delta: number;
  readonly joinMinutes: number;
  readonly commitMinutes: number;
  readonly revealMinutes: number;
}

const MINUTE = 60;

/** Announces a round, and prints its id. */
export async function announceRound(context: CommandContext, options: AnnounceOptions): Promise<void> {
  const round = await withServer(context, options, async (server) => {
    const access = new HttpBlockAccess((path) => server.fetch(path));
    const release = unwrap(await access.resolve(options.model));
    return server.json<RoundView>('POST', '/learning/rounds', { terms: termsOf(options, release) });
  });
  context.print(round as unknown as Json, roundText(round));
}

function termsOf(options: AnnounceOptions, release: string): Json {
  const { experts, datasets, seed, aggregator, faulty, minimum, most } = options;
  const seconds = (minutes: number) => Math.max(1, Math.round(minutes * MINUTE));
  return {
    ...{ version: 1, model: options.model.split('@')[0], release, experts, datasets, seed },
    training: {
      ...{ learning_rate: options.learningRate, batch_tokens: options.batchTokens, steps: options.steps },
    },
    ...{ aggregator, faulty, minimum, most },
    ...{ update_bytes: options.updateBytes, update_length: options.updateLength },
    ...(options.clip !== undefined && { privacy: privacyOf(options, options.clip) }),
    join_seconds: seconds(options.joinMinutes),
    commit_seconds: seconds(options.commitMinutes),
    reveal_seconds: seconds(options.revealMinutes),
  };
}

function privacyOf({ noise, epsilon, delta }: AnnounceOptions, clip: number): Json {
  return { clip, noise_multiplier: noise, epsilon, delta };
}
