// Loaded into a real server by NODE_OPTIONS=--import: once, behind the transaction that writes down that a step begins, it fails as if
// the connection had been lost before the answer came. What the server does is not changed.
import { EventBus } from '../../dist/server/common.js';

const emit = EventBus.prototype.emit;
let lost = false;

EventBus.prototype.emit = function (name, event) {
  if (!lost && name === 'task.changed' && event.stepState === 'executing') {
    lost = true;
    console.log('an answer was lost');
    throw new Error('Connection terminated unexpectedly');
  }
  emit.call(this, name, event);
};
