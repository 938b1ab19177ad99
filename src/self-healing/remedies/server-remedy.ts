import { Injectable } from '@nestjs/common';
import { ServerRestart } from '../../common/autonomy/server-restart.js';
import { CodedError } from '../../common/index.js';
import { MachineVitals } from '../../monitoring/index.js';
import { FILLING_SHARE, HEAP_SHARE, ownShare } from './own-share.js';
import { everythingTouched, type Remedy } from './remedy.js';

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
  return vitals.heap().share >= HEAP_SHARE || (await ownShare(vitals)) >= FILLING_SHARE;
}
