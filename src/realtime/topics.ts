import { mayAct, type Identity, type RoleName } from '../auth/index.js';

/** Who may listen to what. An admin may listen to everything. */
export const TOPIC_ROLES = {
  inference: ['public'],
  chain: ['public'],
  metrics: ['public'],
  learning: ['public'],
  rewards: ['public'],
  network: ['public'],
  tasks: ['user', 'guardian'],
  decisions: ['guardian'],
  guardian: ['guardian'],
  alerts: ['guardian'],
  incidents: ['guardian'],
} as const satisfies Readonly<Record<string, readonly RoleName[]>>;

/** A stream of notices a client can listen to. */
export type Topic = keyof typeof TOPIC_ROLES;

/** Whether somebody may listen to a topic; an API key needs the scope besides. */
export function mayListen(identity: Identity, topic: Topic): boolean {
  const roles: readonly RoleName[] = TOPIC_ROLES[topic];
  if (roles.includes('public')) return true;
  const scope = topic === 'tasks' ? 'tasks' : 'guardian';
  return mayAct(identity, roles) && (identity.scopes?.includes(scope) ?? true);
}

/** Whether somebody who listens to its topic may hear a notice. */
export function mayHear(identity: Identity, { only }: Pick<Notice, 'only'>): boolean {
  return only === undefined || identity.subject === only || mayAct(identity, ['guardian']);
}

/** All topics. */
export const TOPICS = Object.keys(TOPIC_ROLES) as readonly Topic[];

/** A notice before it has a place in a stream. */
export interface Notice {
  readonly topic: Topic;
  readonly type: string;
  readonly data: unknown;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Whom it is about, where only they and guardians may know. */
  readonly only?: string;
}

/** A notice as sent: `seq` grows by one with each notice of this process's stream. */
export interface NumberedNotice extends Notice {
  readonly seq: number;
}
