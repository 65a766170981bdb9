import type { DrillReport, GuardEvent } from '../../shared/model/guard.ts'
import { ok } from '../../shared/util/result.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { columns, formatBytes, formatReading, printable, sparkline } from '../format.ts'

const CURVE_WIDTH = 60
const DRILL_WATCH = 'drill'
/** For who waits: what each of the guard's events means in a drill. */
const PROGRESS: Readonly<Partial<Record<GuardEvent['kind'], string>>> = {
  warn: 'the guard warns',
  freeze: 'the guard has paused it; nobody answers',
  terminate: 'the guard stops it',
  kill: 'the guard stops it by force',
  gone: 'its process is gone',
  'memory-back': 'its memory is back',
  'memory-missing': 'its memory is not back in time',
  failed: 'the guard could not act'
}

export const drill: Command = {
  name: 'drill',
  about: 'fire drill: proves on this machine that the guard warns, pauses and stops',
  positionals: [],
  options: {},
  example: 'firebreakctl drill --json',
  async run({ connect, note }) {
    const core = await connect()
    if (!core.ok) return core
    const { client } = core.value
    const before = await client.call('guard.get', {})
    if (!before.ok) return before
    const told = new Set(before.value.lastEvents.map(keyOf))
    client.on('guard', ({ lastEvents }) => {
      const fresh = lastEvents.filter((event) => event.watchId === DRILL_WATCH && !told.has(keyOf(event)))
      for (const event of fresh.toSorted((a, b) => a.sequence - b.sequence)) {
        told.add(keyOf(event))
        const words = PROGRESS[event.kind]
        if (words !== undefined) note(words)
      }
    })
    const subscribed = await client.call('events.subscribe', { events: ['guard'] })
    if (!subscribed.ok) return subscribed
    note('a process takes memory, within a bound that cannot hurt')
    const done = await client.call('guard.drill', {})
    if (!done.ok) return done
    const report = done.value
    return ok({
      document: report,
      text: describeDrill(report),
      ...(report.passed ? {} : { exit: EXIT.runnerFailed, note: 'the drill was not passed' })
    })
  }
}

const keyOf = ({ sequence, atMs, kind }: GuardEvent): string => `${sequence} ${atMs} ${kind}`

export function describeDrill(report: DrillReport): string {
  const at = (seconds: number | null): string => (seconds === null ? '-' : `${seconds.toFixed(1)} s`)
  const { rights, memoryLocked, priorityRaised } = report.sentinel
  return [
    `${report.passed ? 'Passed' : 'Not passed'}. ${printable(report.text)}`,
    columns([
      ['warned', at(report.warnedAtS)],
      ['paused', at(report.frozenAtS)],
      ['stopped', at(report.stoppedAtS)],
      ['memory back', at(report.memoryBackAtS)],
      ['taken', `${formatBytes(report.takenBytes)} of at most ${formatBytes(report.boundBytes)}`],
      ['came back', formatReading(report.returnedBytes, formatBytes)],
      [
        'sentinel',
        `rights ${rights}, memory ${memoryLocked ? '' : 'not '}locked, priority ${priorityRaised ? 'raised' : 'ordinary'}`
      ]
    ]),
    `available  ${sparklineOfRange(report.curve.map((point) => point.availableBytes))}`
  ].join('\n\n')
}

/** A drill moves little of a big machine's memory: the bars span what it moved. */
function sparklineOfRange(values: readonly number[]): string {
  const least = Math.min(...values)
  return sparkline(
    values.map((value) => value - least),
    CURVE_WIDTH
  )
}
