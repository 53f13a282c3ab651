// What this browser keeps. `Keep` hides that a browser may refuse: then things last as long as the page.

export class Keep {
  /// `area`: localStorage (all tabs, survives closing) or sessionStorage (this tab).
  constructor(area, prefix) {
    this.prefix = `penchant.${prefix}.`;
    this.memory = new Map();
    try {
      this.area = window[area];
      this.area.setItem(`${this.prefix}probe`, '1');
      this.area.removeItem(`${this.prefix}probe`);
    } catch {
      this.area = null;
    }
  }

  /// Whether what is kept survives the page.
  get lasts() {
    return this.area !== null;
  }

  get(name, otherwise = null) {
    const own = this.memory.get(name);
    if (own !== undefined) return JSON.parse(own);
    try {
      const text = this.area?.getItem(this.prefix + name) ?? null;
      return text === null ? otherwise : JSON.parse(text);
    } catch {
      return otherwise;
    }
  }

  set(name, value) {
    const text = JSON.stringify(value);
    try {
      if (this.area === null) throw new Error('no storage');
      this.area.setItem(this.prefix + name, text);
      this.memory.delete(name);
    } catch {
      this.memory.set(name, text);
    }
  }

  remove(name) {
    this.memory.delete(name);
    try {
      this.area?.removeItem(this.prefix + name);
    } catch {
      // Nothing is kept there.
    }
  }
}
