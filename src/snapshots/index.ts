export { SnapshotsModule } from './snapshots.module.js';
export { Snapshots, type SnapshotSummary } from './create/snapshots.js';
export { checkSnapshot, type CheckedSnapshot } from './restore/check-snapshot.js';
export { prepareTarget } from './restore/target.js';
export { restoreSnapshot, type RestoredSnapshot } from './restore/restore-snapshot.js';
