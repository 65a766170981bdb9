import { join } from 'node:path'
import { incidentSchema } from '../../shared/contract/guard-schemas.ts'
import type { GuardEvent, Incident, IncidentPoint, IncidentSummary } from '../../shared/model/guard.ts'
import { createEmitter } from '../../shared/util/emitter.ts'
import { err, ok } from '../../shared/util/result.ts'
import type { Clock, Logger, Places } from '../platform/ports.ts'
import { openRecordFolder } from '../platform/record-folder.ts'
import { readBlackBoxes } from './black-box.ts'
import { createEpisodes } from './episodes.ts'
import type { Incidents } from './types.ts'

/** Years of ordinary use; as files, some MiB. */
const KEPT_INCIDENTS = 200
/** An act has several events within a second; what is not on disk yet is in the sentinel's ring and the memory. */
const WRITE_EVERY_MS = 1_000

export interface IncidentPorts {
  readonly places: Pick<Places, 'procRoot' | 'dataDir'>
  readonly clock: Clock
  readonly logger: Logger
  /** The sentinel's ring of the last minutes. */
  readonly blackBoxPath: string
}

/** Keeps what happened: acts of the guard with their proof, and what the black box of an earlier run tells. */
export function createIncidents(ports: IncidentPorts): Incidents {
  const { places, clock, logger, blackBoxPath } = ports
  const kept = openRecordFolder<Incident, IncidentSummary>({
    folder: join(places.dataDir, 'incidents'),
    what: 'incident',
    keep: KEPT_INCIDENTS,
    parse: (value) => {
      const parsed = incidentSchema.safeParse(value)
      return parsed.success ? parsed.data : null
    },
    rowOf: summaryOf,
    gatherMs: WRITE_EVERY_MS,
    logger
  })
  const changes = createEmitter<IncidentSummary>((error) =>
    logger.error('a listener of the incidents failed', error)
  )
  const keep = (incident: Incident): IncidentSummary => {
    kept.save(incident)
    const summary = summaryOf(incident)
    changes.emit(summary)
    return summary
  }
  let reading: NodeJS.Immediate | null = null
  const episodes = createEpisodes({ list: kept.list, read: kept.read, keep })
  return {
    readBlackBox() {
      const told = readBlackBoxes({ path: blackBoxPath, procRoot: places.procRoot, clock, logger }).map(keep)
      // Not in the moment of an act: what is kept is read as soon as there is nothing else to do.
      reading = setImmediate(episodes.prepare).unref()
      return told.at(-1) ?? null
    },
    list: kept.list,
    get(id) {
      const incident = kept.read(id)
      if (incident !== null) return ok(incident)
      return err({
        code: 'not-found',
        message: `There is no incident '${id}'.`,
        detail: "'firebreakctl incidents' lists what there is."
      })
    },
    onGuardEvent: (event: GuardEvent, curve: () => readonly IncidentPoint[]) => episodes.add(event, curve),
    onChange: (listener) => changes.on(listener),
    ofVictim: episodes.ofVictim,
    dispose() {
      if (reading !== null) clearImmediate(reading)
      kept.close()
    }
  }
}

function summaryOf({ id, atMs, kind, title, text, runnerId }: Incident): IncidentSummary {
  return { id, atMs, kind, title, text, runnerId }
}
