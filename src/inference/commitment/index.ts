export {
  COMMITMENT_INTERVAL,
  CommitmentChain,
  digestLogits,
  encodeTokenIds,
  initialState,
  nextState,
  publishCommitments,
  type CommitmentContext,
} from './chain.js';
