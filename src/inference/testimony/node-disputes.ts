import { Injectable, Logger } from '@nestjs/common';
import type { Identity } from '../../auth/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { checkEd25519Native } from '../../common/native-ed25519.js';
import { AppConfig } from '../../config/index.js';
import { checkSide, statementOf } from '../dispute/statement-of.js';
import type { Verdict } from '../dispute/index.js';
import { ModelCatalog } from '../models/model-catalog.js';
import { DisputeService, type PresentedSide } from '../receipts/dispute-service.js';
import type { AskNode } from './asking-witness.js';
import { discreetly } from './discreet-node.js';
import { httpNode, type NodeAddress } from './http-node.js';
import { runReferee } from './referee-runner.js';
import { settleNodes, type NodeVerdict } from './settle-nodes.js';
import { TestimonyService } from './testimony.service.js';
import { withinTime } from './within-time.js';

/** One of the two, with the node that stands for it. */
export interface NodeSide extends PresentedSide {
  /** Null: this node. */
  readonly node: NodeAddress | null;
}

/** Disputes that are settled at one time, one for each account. */
const MOST_DISPUTES = 2;

/** Settles disputes between this node and others, or between two others; this node is the referee. */
@Injectable()
export class NodeDisputes {
  private readonly logger = new Logger('Disputes');
  /** Accounts whose dispute is being settled. */
  private readonly running = new Set<string>();

  constructor(
    private readonly config: AppConfig,
    private readonly catalog: ModelCatalog,
    private readonly testimonies: TestimonyService,
    private readonly disputes: DisputeService,
  ) {}

  /**
   * Refuses with `NODE_NOT_ALLOWED` (403) for nodes that DISPUTE_PEERS does not name, `DISPUTE_BUSY` (503), `DISPUTE_STATEMENT`,
   * `RELEASE_NOT_FOUND`, what the weights are refused with, and where a side is not heard, as `DisputeService.settle`; `CANCELLED` when
   * the signal fires.
   */
  async settle(
    a: NodeSide,
    b: NodeSide,
    viewer: Identity,
    signal: AbortSignal,
  ): Promise<Result<NodeVerdict>> {
    const sound = [
      this.checkAllowed(a.node),
      this.checkAllowed(b.node),
      checkSide('a', a.receipt, a.evidence),
      checkSide('b', b.receipt, b.evidence),
    ];
    for (const checked of sound) if (!checked.ok) return checked;
    const model = await this.catalog.release(a.receipt.release);
    if (!model.ok) return model;
    const { subject } = viewer;
    if (this.running.size >= MOST_DISPUTES || this.running.has(subject)) return err(busy());
    this.running.add(subject);
    try {
      const data = {
        model: model.value.engine,
        a: statementOf(a.receipt, a.evidence),
        b: statementOf(b.receipt, b.evidence),
      };
      const ask = { a: this.asking(a, viewer, signal), b: this.asking(b, viewer, signal) };
      return await settleNodes(
        ask,
        (noting) => runReferee(data, noting, signal),
        (): Promise<Result<Verdict>> => this.disputes.settle(a, b, signal),
      );
    } finally {
      this.running.delete(subject);
    }
  }

  /** No address but those the operator named is ever asked. */
  private checkAllowed(node: NodeAddress | null): Result<void> {
    if (
      node === null ||
      this.config.disputePeers.some((peer) => withoutSlash(peer) === withoutSlash(node.url))
    )
      return ok();
    const message = `${node.url} is none of the nodes that this server may ask; DISPUTE_PEERS names them.`;
    return err(new CodedError('NODE_NOT_ALLOWED', message, { url: node.url }, 403));
  }

  private asking({ node, receipt }: NodeSide, viewer: Identity, signal: AbortSignal): AskNode {
    if (node !== null)
      return discreetly(httpNode(node, receipt, checkEd25519Native, undefined, signal), (cause) =>
        this.logger.warn(cause),
      );
    return withinTime((question) => this.testimonies.rows(receipt.id, question, viewer, signal));
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function busy(): CodedError {
  const message = 'Other disputes are being settled; come back in a moment.';
  return new CodedError('DISPUTE_BUSY', message, { retryAfter: 5 }, 503);
}
