import { median, quantile, type Samples } from './measure.ts'

export type Unit = 'ratio' | 'ms' | 'files' | 'files/s' | 'GB' | 'MB' | 'kB'

export type Reach = { readonly atLeast: number } | { readonly atMost: number }

/** One line of the bench: what was measured, what it should reach, and the samples behind it. */
export interface Figure {
  readonly name: string
  readonly unit: Unit
  readonly value: number
  /** The quartiles of the numbers whose median is the value. */
  readonly quartiles: readonly [number, number]
  /** A figure without one is only shown. */
  readonly reach: Reach | undefined
  readonly samples: Samples
  readonly sampleUnit: 'ms' | 'MB' | 'kB' | 'files'
  /** Where Lakeweir's time goes, in milliseconds; shown if the figure misses its reach. */
  readonly phases: Readonly<Record<string, number>> | undefined
}

/** What a figure may have besides its value. */
interface FigureNotes {
  readonly reach?: Reach | undefined
  readonly phases?: Readonly<Record<string, number>>
}

export function isReached({ value, reach }: Figure): boolean {
  if (reach === undefined) return true
  return 'atLeast' in reach ? value >= reach.atLeast : value <= reach.atMost
}

/** The median of two contenders' ratios by round: a machine that slows down for some rounds slows both down. */
export function ratioFigure<Name extends string>(
  name: string,
  samples: Samples<Name>,
  over: Name,
  under: Name,
  notes: FigureNotes,
): Figure {
  const ratios = samples[over].map((sample, round) => sample / (samples[under][round] ?? Number.NaN))
  return figure(name, 'ratio', median(ratios), ratios, { [over]: samples[over], [under]: samples[under] }, notes)
}

/** The p50 of one contender divided by that of another, for many small samples; the quartiles are as above. */
export function p50RatioFigure<Name extends string>(
  name: string,
  samples: Samples<Name>,
  over: Name,
  under: Name,
  notes: FigureNotes,
): Figure {
  return quantileRatioFigure(name, samples, over, under, 0.5, notes)
}

/** A quantile of one contender's times; the other contenders' times are shown beside it. */
export function durationFigure<Name extends string>(
  name: string,
  samples: Samples<Name>,
  contender: Name,
  p: number,
  notes: FigureNotes,
): Figure {
  return figure(name, 'ms', quantile(samples[contender], p), samples[contender], samples, notes)
}

/** How many files are done in a second, from the times that `files` of them took. */
export function rateFigure<Name extends string>(
  name: string,
  samples: Samples<Name>,
  contender: Name,
  files: number,
  notes: FigureNotes,
): Figure {
  const rates = samples[contender].map((ms) => (files * 1000) / ms)
  return figure(name, 'files/s', median(rates), rates, samples, notes)
}

/** The largest memory of a program over some runs. */
export function peakFigure(name: string, peaksBytes: readonly number[], reach: Reach | undefined): Figure {
  const peaksGb = peaksBytes.map((bytes) => bytes / 1e9)
  const samples = { peak: peaksBytes.map((bytes) => bytes / 1e6) }
  return { ...figure(name, 'GB', Math.max(...peaksGb), peaksGb, samples, { reach }), sampleUnit: 'MB' }
}

/** The memory of a program late in its run divided by its memory early in the run. */
export function growthFigure(name: string, samples: Samples<'early' | 'late'>, reach: Reach | undefined): Figure {
  return { ...p50RatioFigure(name, samples, 'late', 'early', { reach }), sampleUnit: 'MB' }
}

/** How large a file is. */
export function sizeFigure(name: string, bytes: number, reach: Reach): Figure {
  const kilobytes = bytes / 1_000
  return { ...figure(name, 'kB', kilobytes, [kilobytes], { size: [kilobytes] }, { reach }), sampleUnit: 'kB' }
}

/** How many files there are. */
export function countFigure(name: string, files: readonly number[], reach: Reach): Figure {
  return { ...figure(name, 'files', Math.max(...files), files, { files }, { reach }), sampleUnit: 'files' }
}

/** A quantile of one contender's times divided by that of another. */
export function quantileRatioFigure<Name extends string>(
  name: string,
  samples: Samples<Name>,
  over: Name,
  under: Name,
  p: number,
  notes: FigureNotes,
): Figure {
  const value = quantile(samples[over], p) / quantile(samples[under], p)
  return { ...ratioFigure(name, samples, over, under, notes), value }
}

function figure(
  name: string,
  unit: Unit,
  value: number,
  spread: readonly number[],
  samples: Samples,
  { reach, phases }: FigureNotes,
): Figure {
  const quartiles = [quantile(spread, 0.25), quantile(spread, 0.75)] as const
  return { name, unit, value, quartiles, reach, samples, sampleUnit: 'ms', phases }
}
