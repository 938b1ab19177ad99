import { watchdogInterval } from './systemd-notify.js';

describe('how often systemd is given a sign of life', () => {
  it('is every five seconds, or within half of what a shorter watchdog allows', () => {
    const intervals = ['60000000', '10000000', '1000000'].map((time) =>
      watchdogInterval({ WATCHDOG_USEC: time }),
    );
    expect(intervals).toEqual([5_000, 5_000, 500]);
  });

  it('is never where there is no watchdog', () => {
    const none = [undefined, '', '0', '-1', 'soon'].map((time) => watchdogInterval({ WATCHDOG_USEC: time }));
    expect(none).toEqual([null, null, null, null, null]);
  });
});
