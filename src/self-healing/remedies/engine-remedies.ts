import { Injectable } from '@nestjs/common';
import { LoadShedding } from '../../common/autonomy/load-shedding.js';
import { CodedError, unwrap } from '../../common/index.js';
import { LiveFigures } from '../../common/observation/live-figures.js';
import { EngineHost } from '../../inference/index.js';
import { MachineVitals } from '../../monitoring/index.js';
import { isOnlyHeap, ownShare } from './own-share.js';
import { everythingTouched, nothingTouched, type Remedy } from './remedy.js';

/** How long new answers are refused, ms; it ends by itself. */
const SHED_MS = 20_000;
/** Below this share of the memory of the machine or its control group, this process is not what fills it. */
const OWN_SHARE = 0.1;
const SAME_ANSWERS = 'nothing to undo: the same question gives the same answer again';

/** What can be done about load and engine. */
@Injectable()
export class EngineRemedies {
  readonly all: readonly Remedy[];

  constructor(host: EngineHost, shedding: LoadShedding, figures: LiveFigures, machine: MachineVitals) {
    this.all = [
      {
        name: 'shed_load',
        expectedEffect: 'running answers end and the machine gets air',
        blastRadius: `new answers are refused for ${SHED_MS / 1000} s, running ones go on`,
        blastShare: everythingTouched,
        undo: 'ends by itself, with an emergency stop, or when a guardian takes it back',
        act: async (why, cause) => {
          if (cause !== 'manual' && (figures.read().queue_depth ?? 0) === 0)
            throw notOurs('no answer waits here: the load is not of this server');
          shedding.begin(SHED_MS, why, cause === 'manual' ? 'guardian' : 'server');
          return `new answers are refused for ${SHED_MS / 1000} s`;
        },
      },
      {
        name: 'shrink_caches',
        expectedEffect: 'weights of models that nobody uses leave the memory',
        blastRadius: 'the next answer of an unloaded model begins later',
        blastShare: nothingTouched,
        undo: 'models load again when they are asked for',
        act: async () => `${await host.unloadIdle()} models were unloaded`,
      },
      {
        name: 'restart_engine',
        expectedEffect: 'the engine answers again, with memory given back',
        blastRadius: 'answers under way are refused with ENGINE_STOPPED and can be asked for again',
        blastShare: () => shareUnderWay(figures),
        undo: SAME_ANSWERS,
        act: async (_why, cause) => {
          if (cause === 'memory_high') await refuseForMemory(machine);
          unwrap(await host.restart());
          return 'the engine was started anew and its self-test agrees';
        },
      },
      {
        name: 'await_restart',
        expectedEffect: 'the engine starts its threads anew by itself, with growing pauses',
        blastRadius: 'answers that had begun are refused with ENGINE_RESTARTED, those that waited go on',
        blastShare: nothingTouched,
        undo: SAME_ANSWERS,
        act: async () => 'the engine starts its threads again by itself',
      },
    ];
  }
}

/** Throws where starting the engine anew would give nothing back of what runs short. */
async function refuseForMemory(machine: MachineVitals): Promise<void> {
  if (await isOnlyHeap(machine))
    throw notOurs("the server's own JavaScript fills its heap, and the engine holds nothing of it");
  if ((await ownShare(machine)) < OWN_SHARE)
    throw notOurs('the memory is used by others: a restart would give nothing back');
}

/** Of the answers that are under way or wait, those under way: they are cut off, and the others only begin later. */
function shareUnderWay(figures: LiveFigures): number {
  const active = figures.one('active_answers') ?? 0;
  return active === 0 ? 0 : active / (active + (figures.one('queue_depth') ?? 0));
}

function notOurs(why: string): CodedError {
  return new CodedError('NOT_OURS', why);
}
