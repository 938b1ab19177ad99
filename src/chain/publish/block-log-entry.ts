import type { LogEntryInput } from '../../log/index.js';
import { modelOf, type BlockRow } from '../tables/block-row.js';

/** The log entry of an accepted block; its `data` gives the position that the block itself does not carry. */
export function blockLogEntry({ hash, chain, index, header }: BlockRow): LogEntryInput {
  return {
    kind: 'block',
    subject: hash,
    actor: header.miner_pub,
    hash,
    data: { chain, index, type: header.block_type, name: header.name, model: modelOf(header) },
  };
}
