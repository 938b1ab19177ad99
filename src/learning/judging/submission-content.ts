import { readFile, writeFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { hashHeader } from '../../chain/index.js';
import { unwrap } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { parseTensorDirectory } from '../../experts/index.js';
import type { CandidateContent } from '../checks/pre-filter.js';
import type { CandidateBlock } from '../evaluation/candidate-model.js';
import type { GrownRouter } from '../growth/growth.js';
import { SubmissionFiles } from '../submission/submission-files.js';
import type { SubmissionRow } from '../submission/submission-row.js';

/** The blocks of submissions that are not published yet. */
@Injectable()
export class SubmissionContent {
  constructor(private readonly files: SubmissionFiles) {}

  /** Blocks with the files of their payloads, in the order of the upload. */
  blocksOf({ id, headers }: SubmissionRow): CandidateBlock[] {
    return headers.map((header) => ({
      name: header.name ?? '',
      hash: hashHeader(header, nativeSha256),
      ...{ payloadHash: header.payload_hash, payloadSize: header.payload_size },
      path: this.files.path(id, header.payload_hash),
      tensors: unwrap(parseTensorDirectory(header.metadata.tensors, header.payload_size)),
    }));
  }

  /** Routers that the model needs with them, written beside their payloads; they are gone when those are. */
  async routersOf({ id }: SubmissionRow, routers: readonly GrownRouter[]): Promise<CandidateBlock[]> {
    for (const { payloadHash, payload } of routers)
      await writeFile(this.files.path(id, payloadHash), payload);
    return routers.map(({ name, payloadHash, payload, tensors }) => ({
      // Nobody has published them: what they are is their payload.
      ...{ name, hash: payloadHash, payloadHash, payloadSize: payload.length, tensors },
      path: this.files.path(id, payloadHash),
    }));
  }

  /** The same with their weights. */
  async contentsOf(row: SubmissionRow): Promise<CandidateContent[]> {
    const blocks = this.blocksOf(row);
    return Promise.all(
      blocks.map(async (block, i) => ({
        block,
        parent: String(row.headers[i].metadata.parent),
        payload: new Uint8Array(await readFile(block.path)),
        tensors: block.tensors,
      })),
    );
  }
}
