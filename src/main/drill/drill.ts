import { totalmem } from 'node:os'
import { join } from 'node:path'
import type { ContractError } from '../../shared/contract/errors.ts'
import { drillReportSchema } from '../../shared/contract/guard-schemas.ts'
import { reserveBytes } from '../../shared/domain/guard/thresholds.ts'
import type { DrillReport } from '../../shared/model/guard.ts'
import { createEmitter } from '../../shared/util/emitter.ts'
import { err, type Result } from '../../shared/util/result.ts'
import type { Guard } from '../guard/types.ts'
import type { Clock, Logger, Places } from '../platform/ports.ts'
import { openRecordFolder } from '../platform/record-folder.ts'
import { drillPace } from './bounds.ts'
import type { Eater } from './eater-process.ts'
import { DRILL_LABEL, runDrill } from './run-drill.ts'
import type { Drill } from './types.ts'

/** Enough to see that the guard still works as it did. */
const KEPT_REPORTS = 20

export interface DrillPorts {
  readonly places: Pick<Places, 'nodePath' | 'entryDir' | 'procRoot' | 'dataDir'>
  readonly clock: Clock
  readonly logger: Logger
  readonly guard: Pick<Guard, 'status' | 'sentinel' | 'watch' | 'onEvent'>
  /** MemAvailable + free pages in per-CPU lists, read now; 0: cannot be read. */
  readonly availableBytes: () => number
}

/** The fire drill and its dated reports. Disposing breaks a running one off and ends its process. */
export function createDrill(ports: DrillPorts): Drill {
  const { places, clock, logger, guard, availableBytes } = ports
  const reports = openRecordFolder<DrillReport, DrillReport>({
    folder: join(places.dataDir, 'drills'),
    what: 'report of a drill',
    keep: KEPT_REPORTS,
    parse: (value) => {
      const parsed = drillReportSchema.safeParse(value)
      return parsed.success ? parsed.data : null
    },
    rowOf: (report) => report,
    logger
  })
  const changes = createEmitter<void>((error) => logger.error('a listener of the drill failed', error))
  const ending = new AbortController()
  let running = false
  let eater: Eater | null = null

  const begin = async (): Promise<Result<DrillReport, ContractError>> => {
    const memTotalBytes = totalmem()
    const pace = drillPace({
      availableBytes: availableBytes(),
      // Not known before the core's first look at memory.
      reserveBytes: guard.status().reserveBytes || reserveBytes(memTotalBytes, null),
      memTotalBytes
    })
    if (!pace.ok) return pace
    const done = await runDrill({
      places,
      clock,
      guard,
      availableBytes,
      pace: pace.value,
      signal: ending.signal,
      onEater(now) {
        eater = now
        changes.emit()
      }
    })
    if (done.ok) {
      reports.save(done.value)
      logger.info(`fire drill: ${done.value.text}`)
    } else logger.warn(`fire drill: ${done.error.message}`)
    return done
  }

  return {
    async run() {
      if (running) return err(ONE_AT_A_TIME)
      const { level } = guard.status()
      if (level !== 'calm' && level !== 'watch') return err(SHORT_ALREADY)
      running = true
      changes.emit()
      try {
        return await begin()
      } finally {
        running = false
        changes.emit()
      }
    },
    get running() {
      return running
    },
    reports: () => reports.list(),
    holder: () => (eater === null ? null : { id: 'drill', label: DRILL_LABEL, pids: [eater.pid] }),
    onChange: (listener) => changes.on(listener),
    dispose() {
      ending.abort()
      eater?.kill()
    }
  }
}

const ONE_AT_A_TIME: ContractError = {
  code: 'already-running',
  message: 'A fire drill is running already.',
  detail: 'It is over within two minutes; its report then is the newest.'
}

const SHORT_ALREADY: ContractError = {
  code: 'refused',
  message: 'Memory is short already; a drill would take more of it.',
  detail: 'Stop a model first, then run the drill.'
}
