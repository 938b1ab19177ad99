import type { StoredBlock } from '../../chain/index.js';
import type { DatasetRecord } from '../registry/dataset-record.js';
import type { DatasetRow } from '../registry/dataset-rows.js';
import type { UploadState } from '../upload/dataset-uploads.js';

/** A dataset as lists show it: its record, the newest block that tells of it, and what is not on the chain. */
export function datasetView({ record, block, createdAt, scannedAt, fileGone }: DatasetRow): object {
  const { format: _format, ...facts } = record;
  return { ...facts, block, created_at: createdAt, scanned_at: scannedAt, file_gone: fileGone };
}

/** The same for a record that has just been made. */
export function recordView(record: DatasetRecord): object {
  const { format: _format, ...facts } = record;
  return facts;
}

/** A stage of a dataset as a block of chain D tells of it. */
export function stageView({ hash, header, index, logIndex }: StoredBlock): object {
  return { block: hash, index, leaf: logIndex, stage: header.metadata.stage, timestamp: header.timestamp };
}

/** An upload as its owner sees it. */
export function uploadView(state: UploadState): object {
  return { ...state };
}
