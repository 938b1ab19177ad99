export { Refreshing } from './refreshing.js';
export { SessionCheck } from './session-check.js';
export {
  endSessions,
  Sessions,
  type OpenedSession,
  type SessionOrigin,
  type SessionView,
} from './sessions.js';
