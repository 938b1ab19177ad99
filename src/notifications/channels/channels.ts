import type { NotificationChannel } from './channel.js';

/** The channels of this server, in the order they are tried. */
export class Channels {
  constructor(readonly all: readonly NotificationChannel[]) {}

  /** The channel of that name; undefined where its settings are not complete. */
  named(name: string): NotificationChannel | undefined {
    return this.all.find((channel) => channel.name === name);
  }

  /** The channel behind that one, the first behind one that is not configured any more; undefined behind the last. */
  after(name: string): NotificationChannel | undefined {
    return this.all[this.all.findIndex((channel) => channel.name === name) + 1];
  }
}
