// An order of answers with ties: tiers, best first; answers not in any are still to be placed. Values only, no page.

export class Order {
  /// `count`: how many answers; `tiers`: arrays of slots.
  constructor(count, tiers = []) {
    this.count = count;
    this.tiers = tiers.map((tier) => [...tier]);
  }

  get isComplete() {
    return this.unplaced.length === 0;
  }

  get unplaced() {
    const placed = new Set(this.tiers.flat());
    return Array.from({ length: this.count }, (_, slot) => slot).filter((slot) => !placed.has(slot));
  }

  /// The tier an answer is in, or -1.
  tierOf(slot) {
    return this.tiers.findIndex((tier) => tier.includes(slot));
  }

  /// An answer becomes the next best; one that has a place loses it.
  place(slot) {
    if (this.tierOf(slot) >= 0) this.take(slot);
    else this.tiers.push([slot]);
  }

  /// An answer becomes as good as the last one placed.
  join(slot) {
    this.take(slot);
    if (this.tiers.length === 0) this.tiers.push([slot]);
    else this.add(slot, this.tiers[this.tiers.length - 1]);
  }

  take(slot) {
    this.tiers = this.tiers.map((tier) => tier.filter((other) => other !== slot)).filter((tier) => tier.length > 0);
  }

  /// One step towards better (-1) or worse (1): out of a tie, or into a tie with the neighbour.
  move(slot, direction) {
    const at = this.tierOf(slot);
    if (at < 0) return;
    if (this.tiers[at].length > 1) {
      this.tiers[at] = this.tiers[at].filter((other) => other !== slot);
      this.tiers.splice(direction < 0 ? at : at + 1, 0, [slot]);
    } else if (this.tiers[at + direction] !== undefined) {
      const neighbour = this.tiers[at + direction];
      this.take(slot);
      this.add(slot, neighbour);
    }
  }

  /// An answer into the tier at `index`.
  putInto(slot, index) {
    const tier = this.tiers[index];
    if (tier === undefined || tier.includes(slot)) return;
    this.take(slot);
    this.add(slot, tier);
  }

  /// An answer alone, before the tier at `index`.
  putBefore(slot, index) {
    const next = this.tiers.slice(index).find((tier) => tier.length > 1 || tier[0] !== slot);
    const place = next?.find((other) => other !== slot);
    this.take(slot);
    const at = place === undefined ? this.tiers.length : this.tierOf(place);
    this.tiers.splice(at, 0, [slot]);
  }

  /// The tiers at `index` and after it become one.
  merge(index) {
    const [first, second] = this.tiers.slice(index, index + 2);
    if (second === undefined) return;
    this.tiers.splice(index, 2, [...first, ...second].sort((one, other) => one - other));
  }

  // `take` makes new arrays, so the tier is found again by one of its members.
  add(slot, tier) {
    const member = tier.find((other) => other !== slot);
    const at = this.tierOf(member);
    this.tiers[at] = [...this.tiers[at], slot].sort((one, other) => one - other);
  }
}
