import { MEM_TOTAL_GIB, type Curve, type CurveClass, type CurvePoint } from './curve.ts'

/** A case of a made curve that must not be acted on. */
export interface QuietCase {
  readonly curve: Curve
  readonly restsAtGib: number | null
}

const RATES = [0.5, 1, 2, 3, 5, 6.6, 8, 10, 12, 14] as const
const STARTS_GIB = [6, 8, 12, 16, 24, 36, 60] as const
/** A desktop at work. */
export const SOME_NOISE_GIB = 0.03
const NOISES_GIB = [0, SOME_NOISE_GIB, 0.1] as const
const RETURNS_AFTER_S = [0, 5, 25] as const

const point = (timeS: number, availableGib: number): CurvePoint => ({ timeS, availableGib })

const curve = (kind: CurveClass, name: string, points: readonly CurvePoint[], noiseGib = 0): Curve => ({
  kind,
  name,
  points,
  noiseGib,
  memTotalGib: MEM_TOTAL_GIB
})

type Shape = (startGib: number, rate: number) => readonly CurvePoint[]

/** How a fall may look; each ends at 0. */
const SHAPES: Readonly<Record<string, Shape>> = {
  even: (start, rate) => [point(0, start), point(start / rate, 0)],
  /** A quarter of the rate for two seconds, half of it for one, then all. */
  faster(start, rate) {
    const points = [point(0, start)]
    let [time, left] = [0, start]
    for (const [seconds, share] of [
      [2, 0.25],
      [1, 0.5]
    ] as const) {
      const next = Math.max(0, left - rate * share * seconds)
      time += (left - next) / (rate * share)
      left = next
      points.push(point(time, left))
    }
    return left > 0 ? [...points, point(time + left / rate, 0)] : points
  },
  /** Another rate every 1.1 s, from half to all of it, up and down. */
  uneven(start, rate) {
    const points = [point(0, start)]
    let [time, left] = [0, start]
    for (let i = 0; left > 0; i++) {
      const now = rate * ([1, 0.5, 0.75, 1, 0.6, 0.9, 0.5][i % 7] ?? 1)
      const seconds = Math.min(1.1, left / now)
      left = Math.max(0, left - now * seconds)
      time += seconds
      points.push(point(time, left < 1e-6 ? 0 : left))
      if (left < 1e-6) break
    }
    return points
  },
  /** Takes four times as fast, then waits: 0.2 s in every 0.8 s. */
  chunks(start, rate) {
    const points = [point(0, start)]
    let [time, left] = [0, start]
    while (left > 0) {
      const chunk = Math.min(left, rate * 0.8)
      left -= chunk
      points.push(point(time + chunk / (rate * 4), left))
      time += 0.8
      if (left > 0) points.push(point(time, left))
    }
    return points
  },
  /** Gives a tenth back every second. */
  saw(start, rate) {
    const points = [point(0, start)]
    let [time, left] = [0, start]
    while (left > 0) {
      const next = Math.max(0, left - rate)
      time += (left - next) / rate
      left = next
      points.push(point(time, left))
      if (left > 0) {
        time += 0.1
        left += rate * 0.1
        points.push(point(time, left))
      }
    }
    return points
  }
}

export interface MadeFall {
  readonly curve: Curve
  readonly returnsAfterS: number
}

/** Falls of every rate, height, noise and shape; the return of memory varies along. */
export function madeFalls(): readonly MadeFall[] {
  const falls: MadeFall[] = []
  for (const [shape, make] of Object.entries(SHAPES)) {
    for (const rate of RATES) {
      for (const start of STARTS_GIB) {
        for (const noise of NOISES_GIB) {
          falls.push({
            curve: curve('fall', `${shape} ${rate} GiB/s from ${start} ±${noise}`, make(start, rate), noise),
            returnsAfterS: RETURNS_AFTER_S[falls.length % RETURNS_AFTER_S.length] ?? 0
          })
        }
      }
    }
  }
  return falls
}

const REST_S = 60

/** Falls from one level to another and rests there. */
const load = (from: number, to: number, rate: number, noise: number, kind: CurveClass = 'healthy'): Curve =>
  curve(
    kind,
    `load ${rate} GiB/s to ${to} ±${noise}`,
    [point(0, from), point((from - to) / rate, to), point((from - to) / rate + REST_S, to)],
    noise
  )

const rest = (level: number, noise: number): Curve =>
  curve('healthy', `rest at ${level} ±${noise}`, [point(0, level), point(REST_S * 2, level)], noise)

/** Down and, after a while, up again. */
function dips(
  name: string,
  kind: CurveClass,
  level: number,
  by: number,
  downS: number,
  stayS: number
): Curve {
  const points: CurvePoint[] = []
  for (let i = 0; i < 10; i++) {
    const at = i * (2 * downS + stayS + 5)
    points.push(point(at, level), point(at + downS, level - by))
    points.push(point(at + downS + stayS, level - by), point(at + 2 * downS + stayS, level))
  }
  return curve(kind, `${name}: ${by} below ${level} within ${downS} s`, points, 0.01)
}

/** Healthy machines and transients that fit: nobody may be touched. */
export function madeQuiet(): readonly QuietCase[] {
  const unlearnt: Curve[] = []
  for (const rate of [1, 2, 3, 5, 7]) {
    for (const to of [10, 15, 20, 40])
      for (const noise of NOISES_GIB) unlearnt.push(load(100, to, rate, noise))
  }
  for (const level of [1.5, 1.9, 2.1, 2.5, 4, 6, 8]) {
    for (const noise of [0.01, 0.03, 0.1]) unlearnt.push(rest(level, noise))
  }
  for (const by of [0.3, 0.6, 1]) {
    for (const downS of [0.05, 0.2, 0.5, 1]) {
      unlearnt.push(
        dips('requests', 'healthy', 7, by, downS, 2),
        dips('requests', 'healthy', 4.9, by, downS, 2)
      )
    }
  }
  // A program is opened on a machine that rests below the floor, after a minute of rest.
  for (const level of [1.5, 1.9]) {
    for (const seconds of [1, 3]) {
      const to = level - 0.3
      unlearnt.push(
        curve(
          'healthy',
          `program of 0.3 GiB within ${seconds} s at ${level}`,
          [point(0, level), point(REST_S, level), point(REST_S + seconds, to), point(2 * REST_S, to)],
          0.01
        )
      )
    }
  }
  unlearnt.push(
    // Published: 17…19 GiB more for some seconds of a load; a spike of 7.4 GiB; a watchdog's lowest of 6.8 GiB.
    dips('load peak', 'transient', 30, 19, 10, 5),
    dips('load peak', 'transient', 24, 19, 10, 5),
    dips('load peak', 'transient', 23, 19, 5, 2),
    dips('spike', 'transient', 13, 7.4, 3, 2),
    dips('spike', 'transient', 13, 7.4, 1.5, 2),
    dips('spike', 'transient', 12, 7.4, 3, 2),
    dips('JIT', 'transient', 40, 31.6, 30, 5),
    dips('JIT', 'transient', 36, 31.6, 30, 5),
    dips('lowest 6.8', 'transient', 20, 13.2, 4, 3),
    dips('one sample', 'healthy', 6.9, 1.1, 1, 0),
    dips('one sample', 'healthy', 4.9, 1.5, 1, 0),
    dips('deep glitch', 'healthy', 7, 5.5, 0.02, 0.02),
    load(9, 5.9, 0.18, 0.03),
    load(9, 2.5, 0.18, 0.03),
    load(60, 3.5, 1, 0.03),
    load(60, 4.9, 2, 0.03),
    load(60, 4.9, 3, 0.03),
    load(60, 6.3, 4, 0.03),
    load(60, 6.8, 4.5, 0.03),
    load(60, 7.3, 5, 0.03),
    load(60, 11.7, 7, 0.03)
  )
  const learnt: QuietCase[] = [
    { curve: load(60, 4.9, 5, 0.03), restsAtGib: 4.9 },
    { curve: load(60, 1.7, 2, 0.03), restsAtGib: 1.6 },
    { curve: load(60, 1.5, 5, 0.03), restsAtGib: 1.5 },
    { curve: rest(1.5, 0.05), restsAtGib: 1.5 },
    { curve: dips('requests', 'healthy', 2.6, 0.3, 0.5, 2), restsAtGib: 2.4 }
  ]
  return [...unlearnt.map((one) => ({ curve: one, restsAtGib: null })), ...learnt]
}
