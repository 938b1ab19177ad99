import { unwrap } from '../../../common/index.js';
import { recomputeRoundOf } from '../../../learning/index.js';
import { EXIT, type CommandContext } from '../../command-context.js';
import { withServer, type ServerDoor } from '../../server-door.js';
import { roundPath } from './round-view.js';

/** Makes a round's result again from the log and what was shown; false where something else comes out than was published. */
export async function recomputeRound(context: CommandContext, id: string, door: ServerDoor): Promise<number> {
  roundPath(id);
  const found = await withServer(context, door, async (server) =>
    unwrap(await recomputeRoundOf(id, (path) => server.fetch(path))),
  );
  const { published, computed, equal, members } = found;
  const text = equal
    ? `${id} is as published: ${computed}, of ${members} updates.`
    : `${id} is NOT as published: it was ${published}, made again it is ${computed}.`;
  context.print({ round: id, published, computed, equal, members }, text);
  return equal ? EXIT.done : EXIT.false;
}
