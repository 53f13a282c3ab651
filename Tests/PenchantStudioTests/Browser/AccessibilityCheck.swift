import PenchantCore
import Testing

/// The checks of a page that matter to people who do not see it well, do not use a mouse, or hold a phone.
///
/// A script of our own: WCAG 2.2's 1.1.1, 1.3.1, 1.4.3, 1.4.10, 1.4.11 (edges of controls), 2.4.1, 2.4.2, 2.4.3, 2.4.7,
/// 2.5.8, 3.1.1, 3.3.2, 4.1.2 and 4.1.3, as far as a program can tell.
enum AccessibilityCheck {
  /// What is wrong with the page as it stands; empty if nothing is.
  /// - Parameter walks: whether the Tab key is pressed through it, which takes a second.
  static func problems(_ browser: Browser, walks: Bool) async throws -> [String] {
    let found = try await browser.run(script).array?.compactMap(\.string) ?? ["no answer"]
    return walks ? found + (try await tabbing(browser)) : found
  }

  /// Walks the page with the Tab key: every control is met, in the order of the document, and shows that it is.
  private static func tabbing(_ browser: Browser) async throws -> [String] {
    let wanted =
      try await browser.run(
        """
        \(helpers)
        // While a dialog is open, what lies under it is out of reach.
        const scope = document.querySelector('dialog[open], [aria-modal=true]') ?? document;
        const all = [...scope.querySelectorAll(reachable)].filter((each) => isShown(each) && !each.disabled
          && each.closest('[inert]') === null && each.tabIndex >= 0
          && !(each.type === 'radio' && !each.checked));
        all.forEach((each, index) => { each.dataset.stop = index; });
        document.activeElement.blur();
        getSelection().removeAllRanges();
        return all.length;
        """
      ).int ?? 0
    var met: [Int] = []
    var problems: [String] = []
    for _ in 0..<(wanted + 3) {
      try await browser.press(Browser.Key.tab)
      let stop = try await browser.run(
        """
        const each = document.activeElement;
        if (each === null || each === document.body || each.dataset.stop === undefined) return null;
        const style = getComputedStyle(each);
        const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        const box = each.getBoundingClientRect();
        const top = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 10));
        const isCovered = top !== null && box.height > 0 && !each.contains(top) && !top.contains(each)
          && box.y + 10 > 0 && box.y + 10 < innerHeight;
        return { stop: Number(each.dataset.stop), seen, isCovered, html: each.outerHTML.slice(0, 90) };
        """)
      guard let number = stop["stop"]?.int else { continue }
      if met.contains(number) { break }
      met.append(number)
      if stop["seen"] != true {
        problems.append("focus cannot be seen: \(stop["html"]?.string ?? "")")
      }
      if stop["isCovered"] == true {
        problems.append("focus is covered: \(stop["html"]?.string ?? "")")
      }
    }
    let first = met.firstIndex(of: 0) ?? 0
    let order = Array(met[first...] + met[..<first])
    if order != Array(0..<wanted) { problems.append("Tab meets \(order) of \(wanted) controls") }
    return problems
  }

  private static let helpers = """
    const reachable = 'a[href], button, input, textarea, select, summary, [tabindex]';
    const isShown = (each) => {
      if (each.closest('[hidden]') !== null) return false;
      const style = getComputedStyle(each);
      const box = each.getBoundingClientRect();
      return style.visibility === 'visible' && style.display !== 'none' && box.width > 0 && box.height > 0;
    };
    const isUnseen = (each) => each.closest('.unseen') !== null;
    """

  private static let script = """
    \(helpers)
    const problems = [];
    const say = (text, each) => problems.push(each ? `${text}: ${each.outerHTML.slice(0, 110)}` : text);
    const all = (selector) => [...document.querySelectorAll(selector)];
    // What covers the page has its own outline.
    const scope = document.querySelector('dialog[open], [aria-modal=true]');
    const isInScope = (each) => (scope === null || scope.contains(each)) && each.closest('[inert]') === null;

    // Page, headings, landmarks.
    if (document.documentElement.lang !== 'en') say('no language');
    if (document.title.trim() === '') say('no title');
    if (all('main').length !== 1) say('not one main');
    if (all('header.bar').filter((each) => each.parentElement === document.body).length !== 1) say('no banner');
    if (all('.skip-link').length === 1 && document.querySelector(all('.skip-link')[0].hash) === null) say('the skip link leads nowhere');
    const headings = all('h1, h2, h3, h4, h5, h6').filter((each) => isShown(each) && isInScope(each)).map((each) => [Number(each.tagName[1]), each]);
    if (scope === null && headings.filter(([level]) => level === 1).length !== 1) say('not one first heading');
    let last = scope === null ? 0 : 1;
    for (const [level, each] of headings) {
      if (level > last + 1) say('a heading skips a level', each);
      if (each.textContent.trim() === '') say('an empty heading', each);
      last = level;
    }
    for (const landmark of all('section, aside, nav, [role=region], [role=group]').filter(isShown)) {
      if (!landmark.ariaLabel && !landmark.getAttribute('aria-labelledby')) say('a landmark without a name', landmark);
    }

    // References and identifiers.
    const ids = all('[id]').map((each) => each.id);
    ids.filter((id, index) => ids.indexOf(id) !== index).forEach((id) => say(`the id ${id} twice`));
    for (const name of ['aria-controls', 'aria-labelledby', 'aria-describedby', 'for']) {
      for (const each of all(`[${name}]`)) {
        for (const id of each.getAttribute(name).split(' ')) if (!ids.includes(id)) say(`${name} names nothing`, each);
      }
    }

    // Names.
    const nameOf = (each) => {
      const by = each.getAttribute('aria-labelledby');
      if (by) return by.split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
      if (each.ariaLabel) return each.ariaLabel;
      const label = each.labels?.[0];
      if (label) return label.textContent;
      const copy = each.cloneNode(true);
      copy.querySelectorAll('[aria-hidden=true]').forEach((one) => one.remove());
      return copy.textContent;
    };
    const controls = all(reachable).filter((each) => isShown(each) && isInScope(each) && each.tabIndex >= 0);
    for (const each of controls) if (nameOf(each).trim() === '') say('a control without a name', each);
    for (const each of all('[tabindex]')) if (each.tabIndex > 0) say('a tabindex above 0', each);
    for (const each of all('svg').filter(isShown)) if (each.getAttribute('role') === 'img' && !each.ariaLabel) say('a drawing without words', each);
    for (const each of all('table').filter(isShown)) if (each.querySelector('th') === null) say('a table without headings', each);
    if (all('[role=status]').length === 0 || all('[role=alert]').length === 0) say('no live regions');

    // Sizes of what is pressed; a link within text is as large as the text.
    for (const each of controls) {
      if (each.closest('.prose') !== null || each.matches('.scrolls, .scroll, .skip-link, main')) continue;
      const box = (each.closest('label') ?? each).getBoundingClientRect();
      if (box.width < 24 || box.height < 24) say(`only ${Math.round(box.width)} × ${Math.round(box.height)}`, each);
    }
    if (document.documentElement.scrollWidth > innerWidth) say(`wider than the window by ${document.documentElement.scrollWidth - innerWidth}`);

    // Contrast.
    const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
    const over = (front, back) => {
      const alpha = front[3] ?? 1;
      return [0, 1, 2].map((at) => front[at] * alpha + back[at] * (1 - alpha));
    };
    const ground = (each) => {
      const layers = [];
      for (let at = each; at !== null; at = at.parentElement) {
        const colour = parse(getComputedStyle(at).backgroundColor);
        layers.push(colour);
        if ((colour[3] ?? 1) === 1) break;
      }
      return layers.reverse().reduce((back, front) => over(front, back), [255, 255, 255]);
    };
    const light = (colour) => {
      const [r, g, b] = colour.map((each) => { const part = each / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (one, other) => {
      const [a, b] = [light(one), light(other)].sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const each = walker.currentNode.parentElement;
      if (walker.currentNode.data.trim() === '' || !isShown(each) || isUnseen(each) || !isInScope(each)) continue;
      if (each.closest('button:disabled') !== null || each.closest('script, style, noscript') !== null) continue;
      const style = getComputedStyle(each);
      const back = ground(each.closest('svg')?.parentElement ?? each);
      const front = over(parse(each.closest('svg') === null ? style.color : style.fill), back);
      const size = parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const ratio = contrast(front, back);
      if (ratio < (isLarge ? 3 : 4.5)) say(`contrast ${ratio.toFixed(2)}`, each);
    }
    for (const each of all('input, textarea, button').filter((each) => isShown(each) && isInScope(each) && !each.disabled)) {
      const style = getComputedStyle(each);
      const edge = parse(style.borderTopColor);
      // A button without an edge is known by its text.
      if ((edge[3] ?? 1) === 0 || each.matches('[type=checkbox], [type=radio]')) continue;
      const ratio = Math.max(contrast(over(edge, ground(each.parentElement)), ground(each.parentElement)), contrast(ground(each), ground(each.parentElement)));
      if (ratio < 3) say(`edge ${ratio.toFixed(2)}`, each);
    }
    return problems;
    """
}
