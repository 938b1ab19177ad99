import { unwrap } from '../../../common/index.js';
import { recomputeRoundOf, type RoundComparison } from '../../../learning/index.js';
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
  const text = computed === null ? privateText(id, equal, members) : openText(id, found);
  context.print({ round: id, published, computed, equal, members }, text);
  return equal ? EXIT.done : EXIT.false;
}

function openText(id: string, { published, computed, equal, members }: RoundComparison): string {
  return equal
    ? `${id} is as published: ${String(computed)}, of ${members} updates.`
    : `${id} is NOT as published: it was ${published}, made again it is ${String(computed)}.`;
}

function privateText(id: string, equal: boolean, members: number): string {
  const why = `${id} is private: its result cannot be made again.`;
  return equal
    ? `${why} What the log says of it fits together: ${members} members have shown what they had committed to.`
    : `${why} What the log says of it does NOT fit together.`;
}
