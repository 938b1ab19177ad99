import { Global, Injectable, Module } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AccountJournal, type AccountEvent } from '../auth/index.js';
import { hashJson } from '../common/index.js';
import { LogAppender } from './appender.js';
import { LogModule } from './log.module.js';

/** Writes changes of accounts into the log. */
@Injectable()
export class LoggedAccounts extends AccountJournal {
  constructor(private readonly log: LogAppender) {
    super();
  }

  append(manager: EntityManager, { kind, account: subject, actor, data = {} }: AccountEvent): Promise<void> {
    const hash = hashJson({ kind, subject, actor, data });
    return this.log.append(manager, [{ kind, subject, actor, hash, data }]);
  }
}

/** Gives the accounts, which are below the log, their way into it. */
@Global()
@Module({
  imports: [LogModule],
  providers: [{ provide: AccountJournal, useClass: LoggedAccounts }],
  exports: [AccountJournal],
})
export class AccountJournalModule {}
