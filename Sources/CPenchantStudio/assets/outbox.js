// Judgements on their way. Each is kept in this browser until the studio has acknowledged it, and is sent again with the
// same identifier: the studio stores an identifier once, so sending twice never counts twice.

import { call } from './api.js';

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 15000;

export class Outbox {
  /// `keep`: where entries wait; `changed({ waiting, failure })` is told whenever something does.
  constructor(keep, changed) {
    this.keep = keep;
    this.changed = changed;
    this.wake = () => {};
    window.addEventListener('online', () => this.retryNow());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.retryNow();
    });
  }

  /// Entries `{ path, body }` not yet acknowledged, oldest first.
  get entries() {
    return this.keep.get('outbox', []);
  }

  add(path, body) {
    this.keep.set('outbox', [...this.entries, { path, body }]);
    this.changed({ waiting: this.entries.length, failure: null });
  }

  drop(id) {
    this.keep.set('outbox', this.entries.filter((entry) => entry.body.client_uuid !== id));
  }

  retryNow() {
    this.wake();
  }

  /// Sends what waits, oldest first, for as long as it takes. `settled(entry, answer, failure)` hears of each entry's end:
  /// an answer, or a failure that no later try would change. Throws the failure where this browser is not known any more.
  async deliver(settled) {
    let pause = FIRST_PAUSE;
    for (;;) {
      const entry = this.entries[0];
      if (entry === undefined) {
        this.changed({ waiting: 0, failure: null });
        return;
      }
      try {
        const answer = await call('POST', entry.path, entry.body);
        this.drop(entry.body.client_uuid);
        pause = FIRST_PAUSE;
        settled(entry, answer, null);
      } catch (failure) {
        this.changed({ waiting: this.entries.length, failure });
        if (failure.isStranger) throw failure;
        if (failure.isPassing) {
          await this.pause(pause);
          pause = Math.min(pause * 2, LONGEST_PAUSE);
        } else {
          this.drop(entry.body.client_uuid);
          settled(entry, null, failure);
        }
      }
    }
  }

  pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
