import { BlockPublisher, BlockRules } from '../../src/chain/index.js';
import { checkSignatureNative } from '../../src/chain/verify/native-signature.js';
import { Transactions } from '../../src/database/index.js';
import { Ledger } from '../../src/rewards/ledger/ledger.js';
import { TransfersRule } from '../../src/rewards/ledger/transfers-rule.js';
import { openChain, TEST_NOW } from './chain-support.js';

/** A ledger on a chain, a log and a database of its own; `time.now` is its clock. */
export async function openLedger() {
  const chain = await openChain();
  // The chain's own clock stands still; batches may not be dated after it.
  const time = { now: TEST_NOW - 86_400_000 };
  const serve = (publisher: BlockPublisher, rules: BlockRules) => {
    const rule = new TransfersRule(rules, chain.reader);
    rule.onModuleInit();
    const ledger = new Ledger(chain.dataSource, publisher, chain.author, rule, chain.events);
    ledger.clock = { now: () => time.now };
    return ledger;
  };
  /** A second server on the same database and files. */
  const secondServer = () => {
    const rules = new BlockRules();
    const { dataSource, stores, log, events } = chain;
    const context = {
      clock: { now: () => TEST_NOW },
      checkSignature: checkSignatureNative,
      difficultyFor: () => 0,
    };
    const own = new BlockPublisher(
      dataSource,
      new Transactions(dataSource),
      stores,
      rules,
      log,
      events,
      context,
    );
    return serve(own, rules);
  };
  return { ...chain, ledger: serve(chain.publisher, chain.rules), secondServer, time };
}

/** What `openLedger` gives. */
export type LedgerUnderTest = Awaited<ReturnType<typeof openLedger>>;
