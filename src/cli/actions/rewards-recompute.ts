import { CodedError, unwrap } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { LogReader } from '../../log/index.js';
import {
  EPOCH_ENTRY,
  epochSubject,
  EpochStore,
  recomputeEpoch,
  recomputeFromServer,
  StoredEpochSource,
  unknownEpoch,
  type Ask,
  type EpochComparison,
} from '../../rewards/index.js';
import { EXIT, type CommandContext } from '../command-context.js';

interface RecomputeOptions {
  readonly epoch: number;
  readonly server?: string;
}

/** How long one answer may take to arrive, ms. */
const DEADLINE_MS = 60_000;

/** Works out an epoch again; false where something else comes out than was published. */
export async function recompute(
  context: CommandContext,
  { epoch, server }: RecomputeOptions,
): Promise<number> {
  const outcome = server === undefined ? await own(context, epoch) : await overHttp(fetchFrom(server), epoch);
  const { published, computed, equal } = outcome;
  const text = equal
    ? `Epoch ${epoch} is as published: ${published}.`
    : `Epoch ${epoch} is NOT as published: it was ${published}, worked out again it is ${computed}.`;
  // Whoever disagrees needs to see with what.
  context.print({ epoch, published, computed, equal, record: equal ? null : outcome.record }, text);
  return equal ? EXIT.done : EXIT.false;
}

/** With the running server of the data folder, or with the folder itself. */
function own(context: CommandContext, epoch: number): Promise<EpochComparison> {
  return context.withApplication(async (host) => {
    if (host.kind === 'server') return overHttp((path) => host.server.fetch(path), epoch);
    const { application } = host;
    const store = application.get(EpochStore, { strict: false });
    const published = await store.find(epoch);
    const before = epoch > 1 ? await store.find(epoch - 1) : null;
    if (published === null) throw unknownEpoch(epoch);
    const log = application.get(LogReader, { strict: false });
    const logIndex = await log.indexOf(epochSubject(epoch), EPOCH_ENTRY);
    const source = application.get(StoredEpochSource, { strict: false });
    return unwrap(await recomputeEpoch(source, { ...published, logIndex }, before?.record ?? null));
  });
}

async function overHttp(ask: Ask, epoch: number): Promise<EpochComparison> {
  return unwrap(await recomputeFromServer(ask, epoch, nativeSha256));
}

function fetchFrom(server: string): Ask {
  const base = server.replace(/\/+$/, '');
  return (path) =>
    fetch(`${base}${path}`, { signal: AbortSignal.timeout(DEADLINE_MS) }).catch((cause: unknown) => {
      throw new CodedError('SERVER_GONE', `the server at ${base} does not answer`, {}, 503, { cause });
    });
}
