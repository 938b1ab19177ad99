import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ActionAuthority, type TakeBack } from '../../common/autonomy/action-authority.js';
import { LoadShedding } from '../../common/autonomy/load-shedding.js';
import { CodedError, err, EventBus, ok } from '../../common/index.js';
import { Instance } from '../../config/index.js';

/** What ends `shed_load` before its time: an emergency stop, or a guardian who takes back the decision of it. */
@Injectable()
export class SheddingEnd implements OnModuleInit, OnModuleDestroy {
  private leave: readonly (() => unknown)[] = [];

  constructor(
    private readonly shedding: LoadShedding,
    private readonly events: EventBus,
    private readonly authority: ActionAuthority,
    private readonly instance: Instance,
  ) {}

  onModuleInit(): void {
    this.leave = [
      this.events.on('autonomy.changed', ({ stopped }) => {
        if (stopped) this.shedding.end('server');
      }),
      this.authority.undoable('shed_load', (parameters) => this.takeBack(parameters)),
    ];
  }

  onModuleDestroy(): void {
    for (const leave of this.leave) leave();
  }

  private readonly takeBack: TakeBack = ({ subject }) => {
    if (subject !== this.instance.id)
      return err(notUndoable(`it is done by the server ${String(subject)}; ask that one`));
    return this.shedding.end('server')
      ? ok('new answers are let in again')
      : err(notUndoable('it is over already'));
  };
}

function notUndoable(why: string): CodedError {
  return new CodedError(
    'DECISION_NOT_UNDOABLE',
    `Load is not shed here because of this decision: ${why}.`,
    {},
    409,
  );
}
