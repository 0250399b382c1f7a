import { css, type SVGTemplateResult, svg } from 'lit'

/** What tells fills apart where the reader's system gives all of them one colour. */
const DECALS: Readonly<Record<string, string>> = {
  'series-2': 'M0 6L6 0M-1.5 1.5L1.5 -1.5M4.5 7.5L7.5 4.5',
  'series-3': 'M1 1h1.5v1.5h-1.5zM4 4h1.5v1.5h-1.5z',
  'series-4': 'M0 1.5H6M0 4.5H6',
  'series-5': 'M1.5 0V6M4.5 0V6M0 1.5H6M0 4.5H6',
  'series-other': 'M0 0L6 6M-1.5 4.5L1.5 7.5M4.5 -1.5L7.5 1.5',
  'phase-plan': 'M1 1h1.5v1.5h-1.5zM4 4h1.5v1.5h-1.5zM1 4h1.5v1.5h-1.5zM4 1h1.5v1.5h-1.5z',
  'phase-stage': 'M0 1.5H6M0 4.5H6',
  'phase-commit': 'M0 6L6 0M-1.5 1.5L1.5 -1.5M4.5 7.5L7.5 4.5',
}

/** The patterns, once for all panels: sheets name them. */
export function decals(): SVGTemplateResult {
  const patterns = Object.entries(DECALS).map(([name, path]) => {
    return svg`<pattern id=${`lakeweir-${name}`} width="6" height="6" patternUnits="userSpaceOnUse">
      <rect class="decal-ground" width="6" height="6"></rect><path class="decal-mark" d=${path}></path>
    </pattern>`
  })
  return svg`<svg class="decals" aria-hidden="true" width="0" height="0"><defs>${patterns}</defs></svg>`
}

export const decalSheet = css`
  .decals { position: absolute; }
  .decal-ground { fill: CanvasText; }
  .decal-mark { fill: none; stroke: Canvas; stroke-width: 1.5; }
  @media (forced-colors: active) {
    .bar .series-2 { fill: url('#lakeweir-series-2'); }
    .bar .series-3 { fill: url('#lakeweir-series-3'); }
    .bar .series-4 { fill: url('#lakeweir-series-4'); }
    .bar .series-5 { fill: url('#lakeweir-series-5'); }
    .bar .series-other { fill: url('#lakeweir-series-other'); }
    lakeweir-batches :is(path, rect).phase-plan { fill: url('#lakeweir-phase-plan'); }
    lakeweir-batches :is(path, rect).phase-stage { fill: url('#lakeweir-phase-stage'); }
    lakeweir-batches :is(path, rect).phase-commit { fill: url('#lakeweir-phase-commit'); }
    .swatch.series-2, lakeweir-batches i.phase-commit {
      background: repeating-linear-gradient(135deg, CanvasText 0 2px, Canvas 2px 4px);
    }
    .swatch.series-3 { background: repeating-linear-gradient(90deg, CanvasText 0 1px, Canvas 1px 4px); }
    .swatch.series-4, lakeweir-batches i.phase-stage {
      background: repeating-linear-gradient(0deg, CanvasText 0 2px, Canvas 2px 4px);
    }
    lakeweir-batches i.phase-plan { background: repeating-linear-gradient(90deg, CanvasText 0 1px, Canvas 1px 3px); }
  }
`
