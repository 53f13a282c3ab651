// How long a task was in sight: seconds in which the tab was hidden do not count, those before a reload do.

export class Stopwatch {
  constructor(keep) {
    this.keep = keep;
    this.task = null;
    this.since = null;
    this.before = 0;
    document.addEventListener('visibilitychange', () => this.turn(document.visibilityState === 'visible'));
    window.addEventListener('pagehide', () => this.turn(false));
  }

  start(task) {
    const kept = this.keep.get('seen');
    this.task = task;
    this.before = kept?.task === task ? kept.milliseconds : 0;
    this.since = document.visibilityState === 'visible' ? performance.now() : null;
  }

  turn(isVisible) {
    if (this.task === null) return;
    this.before = this.milliseconds;
    this.since = isVisible ? performance.now() : null;
    this.keep.set('seen', { task: this.task, milliseconds: this.before });
  }

  get milliseconds() {
    return Math.round(this.before + (this.since === null ? 0 : performance.now() - this.since));
  }
}
