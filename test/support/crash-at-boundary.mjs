// Loaded into a real server by NODE_OPTIONS=--import: kills it with SIGKILL the first time a step reaches a boundary.
// CRASH_BOUNDARY names the boundary, CRASH_STEP the index of the step. What the server does is not changed.
import { EventBus } from '../../dist/server/common.js';

const { CRASH_BOUNDARY, CRASH_STEP } = process.env;
const emit = EventBus.prototype.emit;

EventBus.prototype.emit = function (name, event) {
  emit.call(this, name, event);
  if (name !== 'task.boundary' || event.boundary !== CRASH_BOUNDARY) return;
  if (String(event.step) === CRASH_STEP) process.kill(process.pid, 'SIGKILL');
};
