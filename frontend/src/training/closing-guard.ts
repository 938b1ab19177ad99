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
    const lost = atStake(desk.current());
    // What the browser keeps outlives the tab. A listener that is there all the time would keep it from going back to the page at once.
    if (lost === null || lost === 'left') tab.removeEventListener('beforeunload', ask);
    else tab.addEventListener('beforeunload', ask);
  });
}
