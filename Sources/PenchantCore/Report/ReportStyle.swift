/// The looks of every report: one sheet, colours for light and dark, everything else shared.
///
/// Text has a contrast of at least 4.5 to its ground in both; series differ by dashes and marks as well as by colour.
package enum ReportStyle {
  package static let sheet = HTML(
    trusted: """

      :root { color-scheme: light dark;
        --ground: #fbfaf8; --card: #ffffff; --text: #1d2330; --muted: #5b6475; --line: #e3e1dc;
        --accent: #1f5fbf; --s0: #1f5fbf; --s1: #b4500b; --s2: #1b7a43; --s3: #7b3fc4; --s4: #5b6475;
        --good: #1b7a43; --good-ground: #eaf6ee; --note: #1f5fbf; --note-ground: #ecf2fb;
        --warning: #8a5a00; --warning-ground: #fdf4e0; --problem: #b3261e; --problem-ground: #fcebea; }
      @media (prefers-color-scheme: dark) { :root {
        --ground: #14171d; --card: #1c2028; --text: #e8eaef; --muted: #a3abba; --line: #313744;
        --accent: #8db8ff; --s0: #8db8ff; --s1: #ffae73; --s2: #77d69a; --s3: #cbaaff; --s4: #a3abba;
        --good: #77d69a; --good-ground: #17291e; --note: #8db8ff; --note-ground: #172337;
        --warning: #f2c66d; --warning-ground: #2d2513; --problem: #ff9d96; --problem-ground: #331b1a; } }
      * { box-sizing: border-box; }
      html { -webkit-text-size-adjust: 100%; }
      body { margin: 0 auto; max-width: 72rem; padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 3rem;
        background: var(--ground); color: var(--text); overflow-wrap: break-word;
        font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", "Noto Sans", Arial, sans-serif; }
      h1 { font-size: clamp(1.5rem, 4vw, 2.1rem); line-height: 1.2; margin: 0; letter-spacing: -.02em;
        overflow-wrap: anywhere; }
      h2 { font-size: 1.2rem; margin: 2.6rem 0 .8rem; letter-spacing: -.01em; }
      h3 { font-size: 1rem; margin: 1.4rem 0 .5rem; }
      p { margin: .5rem 0; max-width: 46rem; }
      .subtitle, footer, .detail, caption, .remark { color: var(--muted); }
      .subtitle { margin: .35rem 0 0; max-width: none; overflow-wrap: anywhere; }
      a { color: var(--accent); }
      code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
        font-size: .88em; }
      .option { white-space: nowrap; }
      pre.command { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
        padding: .7rem .9rem; margin: .6rem 0; white-space: pre-wrap; user-select: all; }
      .callout { border-left: .3rem solid var(--tone); background: var(--tone-ground);
        border-radius: .25rem .6rem .6rem .25rem; padding: .75rem 1rem; margin: 1rem 0; }
      .callout p { max-width: 56rem; }
      .callout-title { margin: 0; font-weight: 600; }
      .callout ul { margin: .4rem 0; padding-left: 1.2rem; }
      .callout li { margin: .2rem 0; }
      .tone { color: var(--tone); text-transform: uppercase; font-size: .72rem; letter-spacing: .08em;
        margin-right: .7em; }
      .good { --tone: var(--good); --tone-ground: var(--good-ground); }
      .note { --tone: var(--note); --tone-ground: var(--note-ground); }
      .warning { --tone: var(--warning); --tone-ground: var(--warning-ground); }
      .problem { --tone: var(--problem); --tone-ground: var(--problem-ground); }
      .verdict { font-size: 1.05rem; padding: 1rem 1.2rem; }
      .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .8rem;
        margin: 1rem 0; }
      .tiles div, figure, .card { background: var(--card); border: 1px solid var(--line); border-radius: .7rem; }
      .tiles div { padding: .8rem 1rem; }
      .tiles dt { color: var(--muted); font-size: .82rem; }
      .tiles dd { margin: .1rem 0 0; font-size: 1.5rem; font-weight: 650; letter-spacing: -.02em;
        font-variant-numeric: tabular-nums; line-height: 1.25; }
      .tiles dd.detail { font-size: .8rem; font-weight: 400; letter-spacing: 0; }
      .facts { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .3rem 1.2rem; margin: .6rem 0; }
      .facts dt { color: var(--muted); }
      .facts dd { margin: 0; overflow-wrap: anywhere; }
      .grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19.5rem), 1fr)); gap: .9rem; }
      figure { margin: 0; padding: .8rem .9rem .5rem; min-width: 0; display: flex; flex-direction: column; }
      figure > svg { margin-top: auto; }
      figcaption { font-size: .86rem; margin-bottom: .3rem; }
      figcaption .remark { font-size: .78rem; display: block; }
      .legend { display: flex; flex-wrap: wrap; gap: .1rem .9rem; margin: .15rem 0 0; padding: 0; list-style: none;
        font-size: .8rem; color: var(--muted); font-variant-numeric: tabular-nums; }
      .legend svg { width: 1.5rem; height: .6rem; display: inline-block; vertical-align: middle; margin-right: .35rem; }
      .legend b { color: var(--text); font-weight: 600; }
      svg { display: block; width: 100%; height: auto; }
      svg text { fill: var(--muted); font-size: 11px; font-family: inherit; font-variant-numeric: tabular-nums; }
      svg text.label { fill: var(--text); paint-order: stroke; stroke: var(--card); stroke-width: 3px;
        stroke-linejoin: round; }
      svg .axis { stroke: var(--line); stroke-width: 1; }
      svg .rule { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 2 3; }
      svg path { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
      svg path.raw { stroke-width: 1; opacity: .35; }
      svg path.band { stroke: none; opacity: .16; }
      svg .s0 { stroke: var(--s0); } svg .s1 { stroke: var(--s1); stroke-dasharray: 6 3; }
      svg .s2 { stroke: var(--s2); stroke-dasharray: 2 3; } svg .s3 { stroke: var(--s3); stroke-dasharray: 8 3 2 3; }
      svg .s4 { stroke: var(--s4); }
      svg .raw.s1, svg .raw.s2, svg .raw.s3 { stroke-dasharray: none; }
      svg .f0 { fill: var(--s0); } svg .f1 { fill: var(--s1); } svg .f2 { fill: var(--s2); }
      svg .f3 { fill: var(--s3); } svg .f4 { fill: var(--s4); }
      svg .whisker { stroke: var(--text); stroke-width: 1.3; opacity: .7; }
      .scroll { overflow-x: auto; margin: .8rem 0; border: 1px solid var(--line); border-radius: .7rem;
        background: var(--card); }
      .scroll:focus-visible, summary:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
      table { border-collapse: collapse; width: 100%; font-size: .9rem; }
      caption { text-align: left; padding: .6rem .8rem 0; font-size: .84rem; }
      caption span { display: inline-block; position: sticky; left: .8rem; max-width: calc(100vw - 4rem); }
      th, td { text-align: left; padding: .45rem .8rem; border-bottom: 1px solid var(--line); vertical-align: top; }
      th { color: var(--muted); font-weight: 600; font-size: .8rem; white-space: nowrap; }
      tr:last-child td { border-bottom: 0; }
      tr.best td { background: var(--good-ground); }
      .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
      td .text { max-height: 16rem; overflow-y: auto; min-width: 14rem; }
      td:first-child:not(.number) { min-width: 8rem; }
      td summary { min-width: 8rem; overflow-wrap: anywhere; }
      .text { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; }
      .card { padding: .8rem 1rem; margin: .8rem 0; }
      .versus { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); gap: .4rem 1.4rem;
        margin-top: .5rem; }
      .versus h4 { margin: 0; font-size: .78rem; color: var(--muted); font-weight: 600; }
      details { margin: .6rem 0; }
      summary { cursor: pointer; color: var(--accent); }
      footer { margin-top: 3rem; font-size: .84rem; border-top: 1px solid var(--line); padding-top: .8rem; }
      @media (max-width: 34rem) { .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: .5rem; }
        th, td { padding: .4rem .55rem; } }
      @media print { :root { --ground: #fff; --card: #fff; } body { padding: 0; max-width: none; font-size: 10pt; }
        figure, .card, .callout, .tiles div { break-inside: avoid; } .scroll { overflow: visible; }
        td .text { max-height: none; } h2 { break-after: avoid; } a { color: inherit; } }

      """)
}
