import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { AppConfig } from '../../config/index.js';
import { CommandReplicas } from './command-replicas.js';
import { NoReplicas, type ReplicaAdapter } from './replica-adapter.js';
import { SystemdReplicas } from './systemd-replicas.js';

/** The adapter the settings name. Refusal: `CONFIG_INVALID` where it lacks what it works with. */
export function chooseReplicaAdapter({
  replicaAdapter,
  replicaCommand,
  replicaUnit,
}: Pick<AppConfig, 'replicaAdapter' | 'replicaCommand' | 'replicaUnit'>): Result<ReplicaAdapter> {
  if (replicaAdapter === 'none') return ok(new NoReplicas());
  if (replicaAdapter === 'systemd') return ok(new SystemdReplicas(replicaUnit));
  if (replicaCommand !== null) return ok(new CommandReplicas(replicaCommand));
  return err(new CodedError('CONFIG_INVALID', 'REPLICA_ADAPTER=command needs REPLICA_COMMAND'));
}
