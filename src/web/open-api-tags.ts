import type { OpenAPIObject } from '@nestjs/swagger';
import type { Operation } from './open-api-answers.js';

/** What the operations are about, in the order a reader wants it. */
export const TAGS: NonNullable<OpenAPIObject['tags']> = [
  { name: 'inference', description: 'Answers, as OpenAI’s clients ask for them and plainly' },
  { name: 'receipts', description: 'What produced an answer, and whether it holds' },
  { name: 'models', description: 'Models and their releases' },
  { name: 'experts', description: 'Use of experts, and the door for new ones' },
  { name: 'chain', description: 'The signed blocks every weight is made of' },
  { name: 'log', description: 'The Merkle log of all changes (C2SP tlog-tiles)' },
  { name: 'accounts', description: 'Accounts, sign-in, API keys' },
  { name: 'tasks', description: 'What the server is asked to do, within policies, with approvals' },
  { name: 'audit', description: 'What tasks left in the log, and hashes put there, with proofs' },
  { name: 'monitoring', description: 'What the server sees of itself: agents, alerts, health reports' },
  { name: 'healing', description: 'What went wrong, what was done about it, and whether it helped' },
  {
    name: 'autonomy',
    description:
      'What the server decides by itself, the guardians who hold the keys, how they are called, what was measured of a release',
  },
  { name: 'datasets', description: 'Datasets from upload to vote, and what was trained on them' },
  { name: 'learning', description: 'Trained experts: handed in, judged on unseen examples, released' },
  {
    name: 'rewards',
    description:
      'Who is owed what: balances, statements, epochs, proofs of solvency, and the policy behind them',
  },
  { name: 'operations', description: 'Liveness, readiness, metrics, version, snapshots' },
];

/** Tags that come from the names of controllers, and the ones they belong to. */
const TAG_OF: Readonly<Record<string, string>> = {
  Log: 'log',
  Chain: 'chain',
  Fsck: 'chain',
  Payload: 'chain',
  Genesis: 'chain',
  Snapshots: 'operations',
};

/** Files an operation under one of `TAGS`. */
export function describeTag(operation: Operation): void {
  operation.tags = operation.tags?.map((tag) => TAG_OF[tag] ?? tag);
}
