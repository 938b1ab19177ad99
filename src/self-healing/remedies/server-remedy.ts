import { Injectable } from '@nestjs/common';
import { ServerRestart } from '../../common/autonomy/server-restart.js';
import { CodedError } from '../../common/index.js';
import { MachineVitals } from '../../monitoring/index.js';
import { ownShare } from './own-share.js';
import { everythingTouched, type Remedy } from './remedy.js';

/** From this share of its heap on, a server's own JavaScript is what runs short. */
const HEAP_SHARE = 0.8;
/** Below this share of the memory, starting the server anew would not give back enough to be worth it. */
const OWN_SHARE = 0.5;

/** What can be done about the process itself. */
@Injectable()
export class ServerRemedy {
  readonly all: readonly Remedy[];

  constructor(restart: ServerRestart, vitals: MachineVitals) {
    this.all = [
      {
        name: 'restart_server',
        expectedEffect: 'the server begins anew, with nothing in its memory',
        blastRadius:
          'answers under way are finished as at any stop; nothing is answered until the server is back',
        blastShare: everythingTouched,
        undo: 'nothing to undo: what was recorded stays',
        endsServer: true,
        act: async (_why, cause) => {
          if (!restart.isSupervised)
            throw new CodedError(
              'NOT_SUPERVISED',
              'nobody would start the server again: use stemma supervise',
            );
          if (cause === 'memory_high' && !(await fillsMemory(vitals)))
            throw new CodedError(
              'NOT_OURS',
              'the memory is used by others: a restart would give little back',
            );
          restart.begin();
          return 'the server ends, and its supervisor starts it again';
        },
      },
    ];
  }
}

/** Whether this process is what memory is short of, or for. */
async function fillsMemory(vitals: MachineVitals): Promise<boolean> {
  return vitals.heap().share >= HEAP_SHARE || (await ownShare(vitals)) >= OWN_SHARE;
}
