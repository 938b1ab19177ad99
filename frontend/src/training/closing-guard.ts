import type { TrainingDesk } from './training-desk.js';
import { atStake } from './training-state.js';

/**
 * Has the browser ask before the tab is closed while something of its training would be lost, whatever page is shown.
 * @param tab the window
 */
export function guardClosing(
  desk: Pick<TrainingDesk, 'current' | 'watch'>,
  tab: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>,
): void {
  const ask = (event: Event): void => event.preventDefault();
  desk.watch(() => {
    // A listener that is there all the time would keep the browser from going back to the page at once.
    if (atStake(desk.current()) === null) tab.removeEventListener('beforeunload', ask);
    else tab.addEventListener('beforeunload', ask);
  });
}
